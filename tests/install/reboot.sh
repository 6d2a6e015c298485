# shellcheck shell=bash
# Bindings over a reboot, with systemd, on one of Debian's releases; the file that has
# it chosen sets $suite.
# shellcheck source=tests/install/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

use_root "${suite:?}"
install_ours "$version"
is "$(in_root systemd-analyze --man=no verify dnetmap.service dnetmap-save.timer 2>&1)" \
	"" "systemd has nothing to say of the units"
is "$(in_root systemctl is-enabled dnetmap.service dnetmap-save.timer)" \
	"disabled"$'\n'"disabled" "whoever wants them enables them"

install -m 755 "$here/gateway" "$root/gateway"
cat > "$root/etc/systemd/system/gateway.service" <<- END
	[Unit]
	After=dnetmap.service
	[Service]
	Type=oneshot
	ExecStart=/gateway
	[Install]
	WantedBy=multi-user.target
END
in_root systemctl enable gateway.service 2> /dev/null
pack has_journal

is "$(boot_image "$kernel" gateway=begin)" "before: none
units: active active
192.168.0.10 20.0.0.7 active" "the units begin without a state"
is "$(boot_image "$kernel" gateway=crash)" "before: 192.168.0.10 20.0.0.7 active
units: active active
192.168.0.10 20.0.0.7 active
192.168.0.11 20.0.0.8 static" "a binding is there after a reboot"
is "$(boot_image "$kernel" gateway=spoil)" "before: 192.168.0.10 20.0.0.7 active
192.168.0.11 20.0.0.8 static
units: active active
spoiled: failed
save: refused
state: spoiled" "what was saved, after a crash; what cannot be restored stays"
finish
