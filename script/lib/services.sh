# The broker's and the database's programs, from the distribution. Never their services: the hub
# starts private instances of its own and stops them again.

install_services() {
    missing=
    # HUB_BROKER_URL stands for a broker that is there already.
    if [ -z "${HUB_BROKER_URL:-}" ] && ! has_rabbitmq; then missing=rabbitmq-server; fi
    if ! has_postgresql; then missing="$missing postgresql"; fi
    # For the tests of what stands between the hub and PostgreSQL.
    if ! has_pgbouncer; then missing="$missing pgbouncer"; fi
    [ -n "$missing" ] || return 0
    if ! may_apt; then
        say "Not here:${missing:+ ${missing# }} (only root on Debian can install them; going on without)."
        return 0
    fi
    say "Installing Debian's ${missing# } ..."
    # shellcheck disable=SC2086 # two words are two packages
    apt_install $missing || say "They could not be installed; going on without."
}

# Both lie outside PATH on Debian; hub/drill/sandbox/programs.py looks in the same places.
has_rabbitmq() {
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || [ -x /opt/rabbitmq/sbin/rabbitmq-server ]
}

has_pgbouncer() {
    [ -x /usr/sbin/pgbouncer ] || command -v pgbouncer >/dev/null 2>&1
}

has_postgresql() {
    for program in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] && return 0
    done
    command -v postgres >/dev/null 2>&1
}
