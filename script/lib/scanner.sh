# The virus scanner of the long tests: ClamAV's daemon. The tests start it themselves, with a signature
# of their own: neither Debian's service nor its downloads of signatures run.

: "${clamd:=/usr/sbin/clamd}"

install_scanner() {
    if has_clamd; then return 0; fi
    if ! may_apt; then
        say "Not here: clamav-daemon (only root on Debian can install it; going on without)."
        return 0
    fi
    say "Installing Debian's clamav-daemon ..."
    apt_install clamav-daemon || say "It could not be installed; going on without."
}

# It lies outside the PATH of a user who is not root.
has_clamd() {
    command -v clamd >/dev/null 2>&1 || [ -x "$clamd" ]
}
