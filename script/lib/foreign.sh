# What the foreign partners of the tests run on (tests/foreign): Node.js with the npm packages `soap` and `oidc-provider`,
# and PHP with SoapServer; also Debian's Prometheus, which reads the hub's figures. Nothing of it is needed to run the hub, and none of it is in the tree.

install_foreign_programs() {
    missing=
    command -v node >/dev/null 2>&1 || missing="$missing nodejs"
    command -v npm >/dev/null 2>&1 || missing="$missing npm"
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    command -v xmlsec1 >/dev/null 2>&1 || missing="$missing xmlsec1"
    # What reads /metrics, and checks the rules of its alerts.
    command -v promtool >/dev/null 2>&1 || missing="$missing prometheus"
    has_php_soap || missing="$missing php-cli php-soap"
    if [ -n "$missing" ]; then
        if may_apt; then
            say "Installing Debian's${missing} ..."
            # shellcheck disable=SC2086 # two words are two packages
            apt_install $missing || say "They could not be installed; going on without."
        else
            say "Not here:$missing (only root on Debian can install them; going on without)."
        fi
    fi
}

install_foreign_packages() { install_npm_lock tests/foreign/partners var/foreign; }

has_php_soap() {
    command -v php >/dev/null 2>&1 && php -m 2>/dev/null | grep -qx soap
}

# install_npm_lock FROM TO: makes TO/node_modules match the lock, with its hashes; not when the stamp
# says that it does already. No script of a package is run.
install_npm_lock() {
    command -v npm >/dev/null 2>&1 || return 0
    wanted=$(cat "$1/package.json" "$1/package-lock.json" | sha256sum)
    if [ -d "$2/node_modules" ] && [ "$(cat "$2/.stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
    mkdir -p "$2" var/setup
    cp "$1/package.json" "$1/package-lock.json" "$1/.npmrc" "$2/"
    say "Installing $(grep -c '"integrity"' "$1/package-lock.json") npm packages into $2 ..."
    if (cd "$2" && npm ci --ignore-scripts --omit=dev) >var/setup/npm.log 2>&1 </dev/null; then
        echo "$wanted" >"$2/.stamp"
    else
        tail -n 5 var/setup/npm.log >&2
        say "They could not be installed; going on without."
    fi
}
