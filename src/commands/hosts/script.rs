//! The two scripts that put what is ours on another machine and take it away again, and its users.
//!
//! For sh(1) as it is everywhere; what differs comes as arguments and on standard input.

/// The users of the package.
pub(super) const USERS: &str = include_str!("../../../packaging/juniper.sysusers");

/// Puts program, users, launcher and configuration where they belong, each by one rename.
/// `$1` is the stage, `$2` whether the program is brought, `$3` and `$4` how long users and launcher are on
/// standard input, `$5` whether there is a configuration.
pub(super) const BRING: &str = "set -e; umask 022; l=/usr/local/lib/juniperctl; c=/etc/juniper/juniper.toml.d; \
    if [ $2 = 1 ]; then mkdir -p $l; \
    if [ -f $1/juniperctl ]; then cp $1/juniperctl $l/.new; chmod 755 $l/.new; sync $l/.new; mv -f $l/.new $l/juniperctl; fi; \
    head -c $3 | systemd-sysusers -; \
    head -c $4 >$l/.new; mv -f $l/.new $l/juniper_worker.py; fi; \
    if [ $5 = 1 ]; then mkdir -p $c; cp $1/juniper.toml.d/90-this-host.toml $c/.90-this-host; \
    chmod 644 $c/.90-this-host; mv -f $c/.90-this-host $c/90-this-host.toml; fi";

/// Takes all of it away again; where `$1` is 1 the users that follow, too, where no package has need of them.
pub(super) const TAKE_AWAY: &str = "f=/etc/juniper/juniper.toml.d/90-this-host.toml; \
    if [ -f $f ] && head -n 1 $f | grep -q \"^# juniperctl -H\"; then rm -f $f; fi; \
    rm -rf /usr/local/lib/juniperctl; rmdir /etc/juniper/juniper.toml.d /etc/juniper 2>/dev/null; \
    if [ $1 = 1 ] && [ ! -e /usr/bin/juniperctl ]; then shift; for u in \"$@\"; do \
    if getent passwd $u >/dev/null; then userdel $u || exit 1; fi; \
    if getent group $u >/dev/null; then groupdel $u || exit 1; fi; done; fi; exit 0";

/// The names of these users (sysusers.d(5)).
pub(super) fn users() -> impl Iterator<Item = &'static str> {
    USERS
        .lines()
        .filter_map(|line| line.strip_prefix("u ")?.split_whitespace().next())
}
