/** The systemd unit of a gateway (systemd.unit(5), systemd.service(5), systemd.exec(5)) and the command beside it. */

/** The first line of what is written here, by which it is known again. */
export const WRITTEN_HERE = '# Written by: plumbline service install'

export const SERVICE_ACCOUNT = 'plumbline'
export const UNIT_FILE = '/etc/systemd/system/plumbline.service'
export const COMMAND_FILE = '/usr/local/bin/plumbline'
/** Serial lines belong to the first of these that a machine has: Debian, Fedora and their kin; Arch and its kin. */
export const SERIAL_GROUPS = ['dialout', 'uucp'] as const

export interface ServiceParts {
  /** Absolute path of the Node that runs it. */
  readonly node: string
  /** Absolute path of `src-main/cli/main.ts`. */
  readonly program: string
  /** Absolute path of the data folder; its last part is `plumbline`, since that is what the program looks for there. */
  readonly data: string
  /** Whose members may open serial lines; null on a machine that has no such group. */
  readonly serialGroup: string | null
}

/**
 * Runs as an account of its own that may write to its data folder, to serial lines, and to nothing else. A configuration that is
 * wrong is not tried again and again (status 64); any other end is followed by a new start, with nothing lost in between.
 */
export function serviceUnit({ node, program, data, serialGroup }: ServiceParts): string {
  const parent = data.slice(0, data.lastIndexOf('/')) || '/'
  return `${WRITTEN_HERE}
[Unit]
Description=Plumbline gateway
# Certificates of machines and peers are judged by the clock, and peers are dialled by name.
After=network-online.target time-sync.target
Wants=network-online.target
RequiresMountsFor=${quoted(data)}
StartLimitIntervalSec=0

[Service]
Type=exec
User=${SERVICE_ACCOUNT}
${serialGroup === null ? '' : `SupplementaryGroups=${serialGroup}\n`}Environment=${quoted(`XDG_DATA_HOME=${parent}`)}
ExecStart=${quoted(node)} ${quoted(program)} start
Restart=always
RestartSec=5
RestartPreventExitStatus=64
# The part that reads the sources is a process of its own, which the gateway ends itself, after writing down what is read.
KillMode=mixed
TimeoutStopSec=120
UMask=0077

ReadWritePaths=${quoted(data)}
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
DevicePolicy=closed
DeviceAllow=char-ttyS rw
DeviceAllow=char-ttyUSB rw
DeviceAllow=char-ttyACM rw
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}

/** `plumbline` for whoever administers the machine: on the folder of the service, as its account. */
export function serviceCommand({ node, program, data }: ServiceParts): string {
  const parent = data.slice(0, data.lastIndexOf('/')) || '/'
  const inShell = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`
  return `#!/bin/sh
${WRITTEN_HERE}
# Commands for the gateway that runs as a service: as its account, on its data folder.
# What changes the service itself is for the system's own account, and does not touch the folder.
if [ "$(id -un)" != ${SERVICE_ACCOUNT} ] && [ "$1" != service ]; then
  exec sudo -u ${SERVICE_ACCOUNT} -- "$0" "$@"
fi
XDG_DATA_HOME=${inShell(parent)} exec ${inShell(node)} ${inShell(program)} "$@"
`
}

/** Whether a path may stand in a unit: systemd takes no program whose name holds quotes, backslashes or control characters. */
export function isUnitPath(path: string): boolean {
  return /^\/[^\p{C}"'\\$`]*$/u.test(path)
}

/** As systemd.syntax(7) wants it: spaces stay in one word, a percent sign begins no specifier. */
function quoted(path: string): string {
  const plain = path.replaceAll('%', '%%')
  return /^[\w/.:=%-]+$/.test(plain) ? plain : `"${plain}"`
}
