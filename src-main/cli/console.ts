import { roles } from '../endpoints/model.ts'
import type { Command } from './command.ts'
import { call } from './daemon-client.ts'
import { EXIT } from './exit-status.ts'
import { roleOption } from './role-option.ts'
import { runningGateway } from './running-gateway.ts'

export const consoleLink: Command = {
  name: 'console',
  usage: 'console [--gateway NAME] [--as NAME] [--role ROLE]',
  summary: 'Prints a new one-time sign-in link for a running gateway. It works once, within ten minutes.',
  options: {
    gateway: { type: 'string', value: 'NAME', help: 'which gateway (default: the first that runs)' },
    as: {
      type: 'string',
      value: 'NAME',
      help: 'a person on the list of people (default: whoever sits at this machine)',
    },
    role: {
      type: 'string',
      value: 'ROLE',
      help: `without --as: one of ${roles.join(', ')} (default: site-manager); a person has the role on the list`,
    },
  },
  async run(invocation) {
    const { text, print } = invocation
    // First: a role that there is not is wrong whether a gateway runs or not.
    const role = roleOption(text('role'))
    const runtime = runningGateway(invocation)
    const name = text('as')
    const link = await call<{ url: string }>(runtime, 'POST', '/api/session/link', {
      ...(name === undefined ? {} : { name }),
      ...(role === undefined ? {} : { role }),
    })
    print(link, `Console: ${link.url}`)
    return EXIT.ok
  },
}
