#!/bin/bash
# The packages themselves: the same bytes each time, nothing that lintian or rpmlint
# has to say, what is in them; and the tarball of a release.
# shellcheck source=tests/install/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

cd "$top"
first=$(packages "$version")
cp -r "${first%/build/deb}" "$work/elsewhere"
rm -r "$work/elsewhere/build"
(cd "$work/elsewhere" && umask 077 && TZ=Asia/Tokyo LC_ALL=C \
	make deb-built BUILD=out > "$work/log" 2>&1) || tail -n 40 "$work/log" >&2
second=$work/elsewhere/out/deb
sums() { (cd "$1" && sha256sum -- *.deb); }
is "$(sums "$second")" "$(sums "$first")" "two builds are the same bytes"
is "$(basename -a "$first"/*.deb)" "dnetmap-dkms_${version}_all.deb
dnetmap_${version}_$(dpkg --print-architecture).deb" "two packages"
is "$(lintian --fail-on error,warning "$first"/*.changes 2>&1 |
	grep -v 'running with root privileges')" "" "lintian has nothing to say"

for package in dnetmap dnetmap-dkms; do
	dpkg -x "$first/${package}_"*.deb "$work/$package"
	is "$(dpkg-deb -f "$first/${package}_"*.deb Version)" "$version" \
		"$package: its version"
done
like "$(zcat "$work"/dnetmap/usr/share/man/man8/xt_DNETMAP.8.gz)" \
	"Os DNETMAP $version" "the manual's"
is "$(. "$work/dnetmap-dkms/usr/src/dnetmap-$version/dkms.conf"
	echo "$PACKAGE_VERSION")" "$version" "DKMS's"
is "$(cat "$work/dnetmap-dkms/usr/src/dnetmap-$version/VERSION")" "$version" \
	"the module's"
is "$(packaging/versions)" "" "no file says another"

for each in one other; do
	git clone -q --no-hardlinks . "$work/$each" 2> "$work/log" &&
		make -s -C "$work/$each" dist
done
is "$(cd "$work/one/build" && sha256sum ./*.gz)" \
	"$(cd "$work/other/build" && sha256sum ./*.gz)" \
	"make dist: the same bytes from each clone"
cd "$work/one"
git config user.name Tester
git config user.email tester@localhost
like "$(packaging/release 2>&1 || :)" "CHANGELOG.md has no line" \
	"make release: not without a line in CHANGELOG.md"
sed -i "s/^## \[Unreleased\]/## [$version] - 2026-11-30/" CHANGELOG.md
like "$(packaging/release 2>&1 || :)" "no commit has" \
	"not with what is not committed"
git commit -qam release
like "$(packaging/release 2>&1)" "tagged v$version" "but then"
like "$(packaging/release 2>&1 || :)" "tagged already" "and once"
finish
