import { expect, test } from 'vitest'
import { checkConfig } from '../../../../src-main/gateway/folder/config.ts'

const problemsOf = (console: string) =>
  checkConfig(`name: gw-1\nconsole: ${console}\n`).problems.map(({ path, message }) => `${path}: ${message}`)

test('a console for others has an address, and names that people can open; names are read in lower case', () => {
  const check = checkConfig(
    'name: gw-1\nconsole: { listen: { host: 0.0.0.0 }, names: [GW-1.Works.Example, gw-1, 10.20.4.5, "2001:db8::5"] }\n',
  )
  expect(check.problems).toEqual([])
  expect(check.config?.console).toMatchObject({
    host: '127.0.0.1',
    port: 7080,
    fixedPort: false,
    listen: { host: '0.0.0.0', port: 7443 },
    names: ['gw-1.works.example', 'gw-1', '10.20.4.5', '2001:db8::5'],
  })
})

test.each([
  ['{ listen: { host: 10.20.4.5 } }', 'console.listen: needs "names" beside it'],
  ['{ names: [gw-1] }', 'console.names: are for others, and nothing listens'],
  ['{ host: 0.0.0.0 }', 'console.host: serves this machine only'],
  ['{ listen: { host: 127.0.0.2 }, names: [gw-1] }', 'console.listen.host: this machine has the console'],
  ['{ listen: { host: gw-1 }, names: [gw-1] }', 'console.listen.host: write an address of this machine'],
  ['{ listen: { host: 10.0.0.1, port: 0 }, names: [gw-1] }', 'console.listen.port: '],
  ['{ listen: { host: 10.0.0.1 }, names: ["*.works.example"] }', 'console.names[0]: no wildcards'],
  ['{ listen: { host: 10.0.0.1 }, names: ["*"] }', 'console.names[0]: no wildcards'],
  ['{ listen: { host: 10.0.0.1 }, names: [0.0.0.0] }', 'console.names[0]: "0.0.0.0" is no address'],
  ['{ listen: { host: 10.0.0.1 }, names: [localhost] }', 'console.names[0]: "localhost" means the machine'],
  ['{ listen: { host: 10.0.0.1 }, names: ["https://gw-1"] }', 'console.names[0]: no name: without "https://"'],
  ['{ listen: { host: 10.0.0.1 }, names: [10.0.0.256] }', 'console.names[0]: no name'],
  ['{ listen: { host: 10.0.0.1 }, names: [gw-1, GW-1] }', 'console.names: a name stands twice'],
  [
    '{ listen: { host: 10.0.0.1 }, names: [gw-1], certificate: /c.pem }',
    'console.certificate: certificate and key belong together',
  ],
  [
    '{ listen: { host: 10.0.0.1 }, names: [gw-1], certificate: c.pem, key: /k.pem }',
    'console.certificate: write the whole path',
  ],
  ['{ certificate: /c.pem, key: /k.pem }', 'console.certificate: is shown to others'],
])('says what is wrong with %s', (console, said) => {
  expect(problemsOf(console)).toContainEqual(expect.stringContaining(said))
})
