# The load generators of script/bench gateway, from the distribution. Without them the other
# benchmarks run all the same.

install_load() {
    missing=
    command -v wrk >/dev/null 2>&1 || missing="wrk"
    command -v h2load >/dev/null 2>&1 || missing="${missing:+$missing }nghttp2-client"
    [ -n "$missing" ] || return 0
    if ! may_apt; then
        say "Not here: $missing (only root on Debian can install them; going on without)."
        return 0
    fi
    say "Installing Debian's $missing ..."
    # shellcheck disable=SC2086 # two words are two packages
    apt_install $missing || say "They could not be installed; going on without."
}
