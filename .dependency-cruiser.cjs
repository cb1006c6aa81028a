/**
 * Who may import whom. One line a folder: everything that a folder imports from this repository and that its line does
 * not name is an error, type-only imports included. `npm run check` runs it; test/architecture plants violations.
 *
 * @type {Record<string, string[]>}
 */
const pure = ['wire', 'proof', 'record', 'packs', 'certificates', 'endpoints']

const mainLayers = {
  wire: [],
  proof: ['wire'],
  record: ['wire', 'proof'],
  packs: ['wire', 'record'],
  certificates: ['wire', 'proof', 'record', 'packs'],
  endpoints: ['wire', 'proof', 'record', 'packs', 'certificates'],
  disk: [],
  keys: ['wire', 'proof', 'disk'],
  acquisition: ['wire'],
  ledger: ['wire', 'proof', 'record', 'disk'],
  consensus: ['wire', 'proof'],
  documents: ['wire', 'certificates'],
  gateway: [...pure, 'disk', 'keys', 'acquisition', 'ledger', 'consensus', 'documents'],
  simulator: ['wire', 'disk', 'acquisition'],
  api: ['wire', 'record', 'endpoints', 'disk', 'gateway'],
  shell: ['wire', 'endpoints'],
  cli: ['gateway', 'api', 'simulator', ...pure],
}

/** The addon, through its one typed loader `native/addon.ts`. */
const nativeUsers = ['keys', 'ledger', 'consensus', 'gateway', 'acquisition', 'simulator', 'cli']

/** Renderer folders: what they take from each other and from src-main. Messages and styles are open to all of them. */
const rendererLayers = {
  client: { renderer: [], main: ['wire', 'endpoints'] },
  state: { renderer: ['client'], main: [] },
  views: { renderer: ['state', 'parts', 'verifier'], main: [] },
  parts: { renderer: [], main: [] },
  // It draws the page of a PDF again, to compare it: only what of `documents` a browser can run.
  verifier: { renderer: ['parts'], main: [...pure, 'documents'] },
}
const rendererShared = ['paraglide', 'messages', 'styles', 'words']

/** Parts of the gateway, lowest first: each takes what it needs from those before it. `gateway.ts` composes what stands before it. */
const gatewayParts = [
  'folder/',
  'alarms/',
  'check/',
  'keys/',
  'agreement/',
  'signing/',
  'clock/',
  'memory/',
  'healing/',
  'channel/',
  'show/',
  'sources/',
  'channel\\.ts',
  'gateway\\.ts',
  'evidence/',
  'continue/',
  'founding/',
  'export/',
  'scenario/',
]

const either = (names) => `(?:${names.join('|')})`

const mainRules = Object.entries(mainLayers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  comment: `src-main/${layer} may import ${allowed.length === 0 ? 'nothing else' : allowed.join(', ')} of src-main`,
  severity: 'error',
  from: { path: `^src-main/${layer}/` },
  to: { path: '^(?:src-main|src-renderer)/', pathNot: `^src-main/${either([layer, ...allowed])}/` },
}))

const gatewayRules = gatewayParts.slice(0, -1).map((part, i) => ({
  name: `gateway-${part.replace(/\W.*/, '')}`,
  comment: `src-main/gateway/${part} may import none of the gateway's parts that come after it`,
  severity: 'error',
  from: { path: `^src-main/gateway/${part}` },
  to: { path: `^src-main/gateway/${either(gatewayParts.slice(i + 1))}` },
}))

const rendererRules = Object.entries(rendererLayers).map(([layer, { renderer, main }]) => ({
  name: `layer-renderer-${layer}`,
  comment: `src-renderer/${layer} may import ${[...renderer, ...main].join(', ') || 'nothing else'}`,
  severity: 'error',
  from: { path: `^src-renderer/${layer}/` },
  to: {
    path: '^(?:src-main|src-renderer)/',
    pathNot: [
      `^src-renderer/${either([layer, ...renderer, ...rendererShared])}/`,
      ...(main.length === 0 ? [] : [`^src-main/${either(main)}/`]),
    ],
  },
}))

module.exports = {
  forbidden: [
    ...mainRules,
    ...gatewayRules,
    ...rendererRules,
    {
      name: 'native-users',
      comment: `only ${nativeUsers.join(', ')} use the addon`,
      severity: 'error',
      from: { path: '^src-(?:main|renderer)/', pathNot: `^src-main/${either(nativeUsers)}/` },
      to: { path: '^native/' },
    },
    {
      name: 'native-loader-only',
      comment: 'the addon is used through native/addon.ts, cargo through native/cargo.mjs',
      severity: 'error',
      from: { path: '^src-' },
      to: { path: '^native/', pathNot: '^native/(?:addon\\.ts|cargo\\.mjs)$' },
    },
    {
      name: 'pure',
      comment: 'the pure layers run in a browser too: no Node module',
      severity: 'error',
      from: { path: `^src-main/${either(pure)}/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'renderer-without-node',
      comment: 'the console runs in a browser: no Node module',
      severity: 'error',
      from: { path: '^src-renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'electron-in-shell-only',
      comment: 'everything but the shell runs in plain Node or a plain browser',
      severity: 'error',
      from: { pathNot: '^(?:src-main/shell/|electron\\.vite\\.config\\.ts$)' },
      to: { path: '(?:^electron$|node_modules/electron/)' },
    },
    {
      name: 'drivers-apart',
      comment:
        'what drivers have in common knows no protocol, and no protocol another one; create-driver.ts puts them together',
      severity: 'error',
      from: { path: '^src-main/acquisition/(?:[^/]+\\.ts$|drivers/(?!create-driver\\.ts$)([^/]+))' },
      to: { path: '^src-main/acquisition/drivers/[^/]+/', pathNot: '^src-main/acquisition/drivers/$1/' },
    },
    {
      name: 'no-test-in-product',
      comment: 'what is shipped does not import tests',
      severity: 'error',
      from: { path: '^(?:src-|native/)' },
      to: { path: '^test/' },
    },
    {
      name: 'no-dev-dependency',
      comment: 'what the daemon imports must be installed with it',
      severity: 'error',
      from: { path: '^src-main/', pathNot: '^src-main/(?:shell/|cli/build-[^/]+\\.mjs$)' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycle',
      comment: 'a cycle has no first file to read',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'an import that leads nowhere, or to a package that package.json does not name',
      severity: 'error',
      from: { path: '^src-main/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(?:^native/target/|^src-renderer/paraglide/|\\.node$)' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    moduleSystems: ['es6', 'cjs'],
  },
}
