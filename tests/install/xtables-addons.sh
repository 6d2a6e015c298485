# shellcheck shell=bash
# Beside xtables-addons, which has a plugin and a module of these names, on one of
# Debian's releases; the file that has it chosen sets $suite.
# shellcheck source=tests/install/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# whose: the plugin and the module that are in use
whose() {
	local plugin module
	if cmp -s "$root"/usr/lib/*/xtables/libxt_DNETMAP.so "$work/ours.so"; then
		plugin=ours
	elif [ -e "$(echo "$root"/usr/lib/*/xtables/libxt_DNETMAP.so)" ]; then
		plugin=theirs
	else
		plugin=none
	fi
	case $(module_version) in
	"$version") module=ours ;;
	none) module=none ;;
	*) module=theirs ;;
	esac
	echo "plugin: $plugin, module: $module"
}

dpkg-deb --fsys-tarfile "$(echo "$(packages "$version")"/dnetmap_*.deb)" |
	tar -xO --wildcards '*/libxt_DNETMAP.so' > "$work/ours.so"
use_root "${suite:?}"

apt install xtables-addons-dkms
is "$(whose)" "plugin: theirs, module: theirs" "xtables-addons alone"
install_ours "$version"
is "$(whose)" "plugin: ours, module: ours" "ours after xtables-addons"
is "$(boot "$kernel" | sed -n 's/^version: //p')" "$version" \
	"and a rule loads ours"
# As for a later kernel: DKMS 3.0.10 installs both then, in whichever order.
theirs=$(in_root dkms status xtables-addons | sed 's/,.*//')
dkms_ok=yes
for command in uninstall install; do
	in_root dkms $command "$theirs" -k "$kernel" > "$work/dkms.log" 2>&1 ||
		dkms_ok="$command: $(cat "$work/dkms.log")"
done
in_root run-parts --arg="$kernel" /etc/kernel/header_postinst.d \
	> "$work/dkms.log" 2>&1 || dkms_ok="postinst: $(cat "$work/dkms.log")"
is "$dkms_ok" yes "DKMS installs theirs for a kernel after ours"
is "$(whose)" "plugin: ours, module: ours" "ours with a later kernel's headers"
apt purge dnetmap dnetmap-dkms
is "$(whose)" "plugin: theirs, module: theirs" \
	"without ours, xtables-addons has its own back"

install_ours "$version"
apt install --reinstall xtables-addons-common xtables-addons-dkms
is "$(whose)" "plugin: ours, module: ours" "xtables-addons after ours"
apt purge xtables-addons-dkms xtables-addons-common
is "$(whose)" "plugin: ours, module: ours" "ours without xtables-addons"
apt purge dnetmap dnetmap-dkms
is "$(whose)" "plugin: none, module: none" "and neither"
finish
