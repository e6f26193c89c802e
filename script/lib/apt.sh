# Installs Debian packages as root, quietly, and without starting the services they bring, neither now
# nor at the next boot.

may_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# apt_install PACKAGE...: true when they are installed afterwards. What apt says goes to
# var/setup/apt.log, whose end is shown when it fails.
apt_install() {
    mkdir -p var/setup
    unit_names >var/setup/units-before
    forbid_service_start
    # A dropped line or an interrupt must not leave the machine with our rule about services.
    trap 'leave_services_as_before' EXIT
    trap 'exit 130' INT TERM HUP
    installed=0
    # Lists may be missing (a fresh image) or too old for the mirror (file not found): only then
    # does it fetch them.
    { apt_get install "$@" || { apt_get update && apt_get install "$@"; }; } \
        >var/setup/apt.log 2>&1 || installed=1
    leave_services_as_before
    trap - EXIT INT TERM HUP
    [ $installed = 0 ] || tail -n 5 var/setup/apt.log >&2
    return $installed
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# Debian starts a service as soon as its package is installed, unless this file says no. Ours would
# then compete for ports and memory with a broker and a database that nobody asked for.
policy=/usr/sbin/policy-rc.d

forbid_service_start() {
    [ ! -e "$policy.before-hub" ] || return 0
    if [ -e "$policy" ]; then mv "$policy" "$policy.before-hub"; fi
    printf '#!/bin/sh\n# one-stop-hub: set-up is running\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

allow_service_start() {
    # Only our own rule is taken away.
    if grep -qs 'one-stop-hub: set-up is running' "$policy"; then rm -f "$policy"; fi
    if [ -e "$policy.before-hub" ]; then mv "$policy.before-hub" "$policy"; fi
}

# Debian also enables a new service for the next boot: a broker on all interfaces and a database that
# nobody asked for. Those that came with this installation are disabled, all others are left alone.
leave_services_as_before() {
    allow_service_start
    unit_names | while read -r unit; do
        grep -qxF "$unit" var/setup/units-before || disable_unit "$unit" >>var/setup/apt.log 2>&1
    done
}

: "${unit_places:=/lib/systemd/system /usr/lib/systemd/system /etc/init.d}"

# The names of services and sockets, also those of the old start scripts. No templates (`@`): nothing
# is enabled by them.
unit_names() {
    for place in $unit_places; do
        for file in "$place"/*; do
            name=${file##*/}
            case $name in
            *@* | README | '*') ;;
            *.service | *.socket) printf '%s\n' "$name" ;;
            *.*) ;;
            *) if [ -f "$file" ]; then printf '%s.service\n' "$name"; fi ;;
            esac
        done
    done | sort -u
}

disable_unit() {
    if command -v systemctl >/dev/null 2>&1; then
        systemctl --no-reload disable "$1" </dev/null
    else
        # It wants to be called by a package's own script, and does nothing without this name.
        DPKG_MAINTSCRIPT_PACKAGE=one-stop-hub deb-systemd-helper disable "$1" </dev/null
        # Without systemd the old start scripts decide.
        case $1 in *.service) update-rc.d "${1%.service}" disable </dev/null ;; esac
    fi || true
}
