# Debian 13 in a folder, for the servers that Debian 12 does not have: RabbitMQ 4.0, PostgreSQL 17.
#
# Made once (needs root, debootstrap and a network) and kept in var/cache/debian13; to be rid of it,
# remove the folder. Nothing that is installed there is started. DEBIAN_MIRROR names another mirror
# than debootstrap's own.

debian13=$PWD/var/cache/debian13

# install_debian13: true when the folder is complete afterwards.
install_debian13() {
    [ ! -e "$debian13/.complete" ] || return 0
    if ! may_apt; then
        say "No Debian 13: only root on Debian can make its folder."
        return 1
    fi
    command -v debootstrap >/dev/null 2>&1 || apt_install debootstrap || return 1
    say "Making Debian 13 with RabbitMQ and PostgreSQL in var/cache/debian13 (about 700 MB) ..."
    mkdir -p var/setup
    if make_debian13 >var/setup/debian13.log 2>&1 </dev/null; then
        touch "$debian13/.complete"
    else
        tail -n 5 var/setup/debian13.log >&2
        say "No Debian 13: all of it is in var/setup/debian13.log."
        return 1
    fi
}

make_debian13() {
    rm -rf "$debian13"
    mkdir -p "$debian13"
    # shellcheck disable=SC2086 # no mirror is no word
    debootstrap --variant=minbase trixie "$debian13" ${DEBIAN_MIRROR:-} || return 1
    printf '#!/bin/sh\nexit 101\n' >"$debian13/usr/sbin/policy-rc.d"
    chmod 755 "$debian13/usr/sbin/policy-rc.d"
    # Without this file the package makes a database of its own.
    mkdir -p "$debian13/etc/postgresql-common"
    echo 'create_main_cluster = false' >"$debian13/etc/postgresql-common/createcluster.conf"
    chroot "$debian13" env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes \
        --no-install-recommends -o Dpkg::Use-Pty=0 install rabbitmq-server postgresql-17
}
