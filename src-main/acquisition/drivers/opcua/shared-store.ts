import type { OpcuaCertificateStore } from './binding.ts'

/** The one certificate store of all OPC UA sources: opened when the first of them asks; after a failure the next who asks tries again. */
export class SharedStore {
  readonly #open: () => Promise<OpcuaCertificateStore>
  #store: Promise<OpcuaCertificateStore> | null = null

  constructor(open: () => Promise<OpcuaCertificateStore>) {
    this.#open = open
  }

  async get(): Promise<OpcuaCertificateStore> {
    this.#store ??= this.#open()
    try {
      return await this.#store
    } catch (error) {
      this.#store = null
      throw error
    }
  }

  async close(): Promise<void> {
    const store = await this.#store?.catch(() => null)
    await store?.close()
  }
}
