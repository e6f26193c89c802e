# What the tests of devices are proved against: CUPS's own printer, ippeveprinter, which needs a D-Bus
# of its own (the tests start one; no service of the machine); scanimage with sane-airscan, which scan
# from the simulator of eSCL; snmpd, which serves the values of our photocopier from a process of the
# test's own; rtsp-server-perl, a server of streams like a camera's; poppler, which draws papers;
# zbarimg, which reads codes beside ours. Nothing of it is needed to run the hub.

install_device_peers() {
    missing=
    has_ippeveprinter || missing="$missing cups-ipp-utils"
    command -v pdftoppm >/dev/null 2>&1 || missing="$missing poppler-utils"
    command -v scanimage >/dev/null 2>&1 || missing="$missing sane-utils"
    [ -e /etc/sane.d/airscan.conf ] || missing="$missing sane-airscan"
    [ -x /usr/sbin/snmpd ] || missing="$missing snmpd"
    command -v rtsp-server-perl >/dev/null 2>&1 || missing="$missing rtsp-server-perl"
    command -v zbarimg >/dev/null 2>&1 || missing="$missing zbar-tools"
    command -v dbus-run-session >/dev/null 2>&1 || missing="$missing dbus-daemon"
    [ -n "$missing" ] || return 0
    if ! may_apt; then
        say "Not here:$missing (only root on Debian can install them; going on without)."
        return 0
    fi
    say "Installing Debian's${missing} ..."
    # shellcheck disable=SC2086 # two words are two packages
    apt_install $missing || say "They could not be installed; going on without."
}

# It lies outside the PATH of a user who is not root.
has_ippeveprinter() {
    command -v ippeveprinter >/dev/null 2>&1 || [ -x /usr/sbin/ippeveprinter ]
}
