"""What has to start as root: programs that give root up by themselves, or cannot do without it."""

from __future__ import annotations

from dockmend._project.images import SCRATCH, Facts
from dockmend._regex import regex
from dockmend._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockmend._dockerfile.document import Instruction
    from dockmend._project.start import Start

_DROPPERS = frozenset(
    """
    capsh chpst chroot doas gosu runuser s6-applyuidgid s6-setuidgid setpriv setuidgid setuser
    start-stop-daemon su su-exec sudo user-exec
    """.split()  # noqa: SIM905
)
# What starts as root on purpose: servers that give it up or have to keep it, init systems, system tools,
# agents that read what is root's on the host.
_ROOTS = frozenset(
    """
    apache2 apache2-foreground apache2ctl apachectl apcupsd asterisk atd auditd avahi-daemon bettercap bird
    certbot chronyd collectd containerd cron crond cupsd dbus-daemon debootstrap dhcpd dnscrypt-proxy dnsmasq
    dockerd dockerd-entrypoint.sh dovecot exim exim4 fail2ban-server falco freeradius freshclam haproxy
    haveged hiawatha hostapd httpd httpd-foreground in.tftpd
    auditbeat cadvisor filebeat fluent-bit fluentd google-fluentd journalbeat metricbeat packetbeat td-agent
    inetd init ipsec iptables keepalived kubelet lb libvirtd lighttpd mariadbd memcached minidlnad mosquitto
    mount murmurd my_init mysqld mysqld_safe named nginx nmbd ntpd opendkim openresty openvpn osqueryd pdnsd
    php-fpm postfix postgres privoxy proftpd pure-ftpd quagga rabbitmq-server radiusd radvd rc-service
    rpc.mountd rpcbind rsyslogd runit runsvdir runsvdir-start s6-svscan samba sendmail service slapd
    rngd smartd smbd snmpd snort sockd squid sshd sssd strongswan supervisord suricata syslog-ng syslogd
    systemctl systemd tcpdump tincd tinyproxy tor udevd udhcpd unbound varnishd vsftpd wg-quick xinetd
    xrdp zabbix_agentd zabbix_server zebra
    """.split()  # noqa: SIM905
)
# Packages of these, and of what gives root up: where the start script cannot be seen, they are there for it.
_PACKAGES = regex(
    r"(?<![\w.-])(?:gosu|su-exec|s6-overlay)(?![\w.])|(?<![\w./-])(?:supervisor|runit|nginx(?:-full|-light|-extras)?|apache2|httpd"
    r"|lighttpd|php[0-9.]*-fpm|(?:mysql|mariadb)-server(?:-[0-9.]+)?|openssh-server|mariadb|postgresql(?:-[0-9.]+)?|openssh|cron"
    r"|cronie|dcron|vsftpd|proftpd[\w-]*|pure-ftpd|cups|rsyslog|squid3?|bind9?|dnsmasq|postfix|dovecot[\w-]*"
    r"|exim4|hiawatha|openvpn|haproxy|varnish|samba|nfs-kernel-server|strongswan|iptables|fail2ban|slapd)(?![\w.-])"
)
# Whoever may write to the socket is root of the host, and it is root's.
_SOCKET = regex(
    r"docker\.sock\b|(?<![\w./-])docker(?:\.io|-ce|-ce-cli|-cli)(?![\w.-])|/bin/docker(?![\w./-])|\bget\.docker\.com\b"
)
_USER_OPTIONS = frozenset({"--user", "--uid", "--chuid", "--setuid", "--setuser"})


def is_root(user: str | None) -> bool:
    """Whether USER with those arguments is root."""
    return user is not None and user.partition(":")[0] in ("root", "0")


def wants_root(instructions: Sequence[Instruction], begun: Start, known: Facts) -> bool:
    """Whether what is started gives root up, or cannot do without it, as far as can be told.

    `instructions` are those of the stages that ship, `known` is what is known of their base image.
    """
    by_itself = begun.entrypoint is None and (begun.cmd is None or known.init == "ENTRYPOINT")
    if (known.init and by_itself) or not _DROPPERS.isdisjoint(begun.mentions):
        return True
    if any("docker" in one.args.text and _SOCKET.search(one.args.text) for one in instructions):
        return True
    if known.drops and (begun.unseen or begun.entrypoint is None):
        return True
    for run in begun.runs:
        name = run.name.removesuffix("-wrapper")
        if name in _ROOTS or plain(name) in _ROOTS or "/etc/init.d/" in run.words[0]:
            return True
        if any(word.partition("=")[0] in _USER_OPTIONS for word in run.words[1:]):
            return True
        if run.name == "rsync" and "--daemon" in run.words:
            return True
        if run.name == "uwsgi" and any(
            one.name == "ENV" and "UWSGI_UID" in one.args.text for one in instructions
        ):
            return True
    if known.family == SCRATCH:
        from dockmend._project.archive import may_be_archive

        return any(
            may_be_archive(word.text) for one in instructions if one.name == "ADD" for word in one.words[:-1]
        )
    return (begun.unseen is not None or not begun.runs) and any(
        _PACKAGES.search(one.args.text) for one in instructions if one.name in ("RUN", "COPY", "ADD", "ENV")
    )


def plain(name: str) -> str:
    """A program's name without its version."""
    bare = name.rstrip("0123456789.")
    return (bare if bare[-1:].isalpha() or bare.endswith("-") else name).lower()
