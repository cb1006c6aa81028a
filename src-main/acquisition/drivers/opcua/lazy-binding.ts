import type { OpcuaBinding } from './binding.ts'

/** The OPC UA stack is large (seconds and some 100 MB): it is loaded when the first OPC UA source needs it, and only then. */
export const nodeOpcuaBinding: OpcuaBinding = {
  openStore: async (folder) => (await load()).openStore(folder),
  discover: async (source, store) => (await load()).discover(source, store),
  connect: async (source, offer, store, events) => (await load()).connect(source, offer, store, events),
}

async function load(): Promise<OpcuaBinding> {
  return (await import('./node-opcua-binding.ts')).binding
}
