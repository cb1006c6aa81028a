/** The filling machine's OPC UA server: encrypted endpoints only, with a certificate of its own. Loaded only when a plant starts. */
import {
  DataType,
  DataValue,
  MessageSecurityMode,
  nodesets,
  OPCUAServer,
  RegisterServerMethod,
  SecurityPolicy,
  StatusCodes,
  Variant,
  VariantArrayType,
  type VariantOptions,
} from 'node-opcua'
import { DiskCertificateStore } from '../acquisition/drivers/opcua/certificate-store.ts'
import { silenceStack } from '../acquisition/drivers/opcua/quiet.ts'
import { within } from '../acquisition/drivers/backoff.ts'
import { MACHINE_NAMESPACE } from './machine-namespace.ts'
import { machineVariables, momentOf, type MachineVariable, type OpcuaTypeName } from './filling-machine.ts'
import type { PointValue } from './point.ts'

const HOST = '127.0.0.1'
const CLOSE_LIMIT_MS = 5000
const MS_MIN_SAMPLING = 50

export interface MachineServerOptions {
  /** Certificates and key of the server. */
  folder: string
  seed: number
  /** Microseconds since the Unix epoch by the machine's own clock. */
  nowUs: () => number
  /** False: a client's certificate must be trusted first, as on a real machine. */
  acceptClients: boolean
}

export interface MachineServer {
  port: number
  /** SHA-256 of the server's certificate, 64 lower-case hex digits. */
  fingerprint: string
  /** Values and times stay what they are while stuck. */
  stick(stuck: boolean): void
  /** Lets a client in whose certificate (DER) was refused before. */
  trustClient(certificate: Uint8Array): Promise<void>
  close(): Promise<void>
}

const TYPES: Record<OpcuaTypeName, DataType> = {
  Boolean: DataType.Boolean,
  Int32: DataType.Int32,
  UInt32: DataType.UInt32,
  Int64: DataType.Int64,
  UInt64: DataType.UInt64,
  Float: DataType.Float,
  Double: DataType.Double,
  String: DataType.String,
}

/** Starts the server on a free loopback port. */
export async function startMachineServer(options: MachineServerOptions): Promise<MachineServer> {
  silenceStack()
  const store = await DiskCertificateStore.open(options.folder, {
    applicationUri: 'urn:plumbline:plant',
    commonName: 'FILLER-1-PLC',
    hosts: ['localhost', HOST],
  })
  store.manager.automaticallyAcceptUnknownCertificate = options.acceptClients
  const server = new OPCUAServer({
    port: 0,
    // The name in its endpoints, and the address that it listens at: without the second it is every address of the machine.
    hostname: HOST,
    host: HOST,
    resourcePath: '/filler',
    serverCertificateManager: store.manager,
    userCertificateManager: store.manager,
    certificateFile: store.own.file,
    privateKeyFile: store.manager.privateKey,
    securityModes: [MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [
      SecurityPolicy.Aes256_Sha256_RsaPss,
      SecurityPolicy.Aes128_Sha256_RsaOaep,
      SecurityPolicy.Basic256Sha256,
    ],
    allowAnonymous: true,
    registerServerMethod: RegisterServerMethod.HIDDEN,
    nodeset_filename: [nodesets.standard],
    serverInfo: {
      applicationUri: 'urn:plumbline:plant',
      productUri: 'urn:plumbline:plant',
      applicationName: { text: 'Plumbline plant simulator' },
    },
  })
  await server.initialize()
  const clock = stickableClock(options.nowUs)
  addVariables(server, options.seed, clock.nowUs)
  await server.start()
  return {
    port: server.endpoints[0]?.port ?? 0,
    fingerprint: store.own.fingerprint,
    stick: clock.stick,
    trustClient: (certificate) => store.trust(certificate),
    close: async () => {
      await within(server.shutdown(0), CLOSE_LIMIT_MS, 'shutdown took too long').catch(() => undefined)
      await store.close()
    },
  }
}

function stickableClock(nowUs: () => number): { nowUs: () => number; stick: (stuck: boolean) => void } {
  let stuckAtUs: number | null = null
  return {
    nowUs: () => stuckAtUs ?? nowUs(),
    stick: (stuck) => (stuckAtUs = stuck ? nowUs() : null),
  }
}

function addVariables(server: OPCUAServer, seed: number, nowUs: () => number): void {
  const addressSpace = server.engine.addressSpace
  if (addressSpace === null) throw new Error('the OPC UA server has no address space: initialize it first')
  const namespace = addressSpace.registerNamespace(MACHINE_NAMESPACE)
  const machine = namespace.addObject({
    organizedBy: addressSpace.rootFolder.objects,
    browseName: 'Filler 1',
    nodeId: 's=Filler',
  })
  for (const variable of machineVariables) {
    namespace.addVariable({
      componentOf: machine,
      browseName: variable.id,
      displayName: variable.label,
      nodeId: `s=Filler.${variable.id}`,
      dataType: TYPES[variable.type],
      minimumSamplingInterval: MS_MIN_SAMPLING,
      value: { timestamped_get: () => dataValueAt(variable, seed, nowUs()) },
    })
  }
}

function dataValueAt(variable: MachineVariable, seed: number, timeUs: number): DataValue {
  const timeMs = Math.floor(timeUs / 1000)
  return new DataValue({
    value: new Variant(variantOf(variable.type, variable.at(momentOf(seed, timeUs / 1000)))),
    statusCode: StatusCodes.Good,
    sourceTimestamp: new Date(timeMs),
    sourcePicoseconds: Math.floor(timeUs - timeMs * 1000) * 1_000_000,
  })
}

function variantOf(type: OpcuaTypeName, value: PointValue): VariantOptions {
  const dataType = TYPES[type]
  if (typeof value !== 'bigint') return { dataType, arrayType: VariantArrayType.Scalar, value }
  // The stack takes 64-bit integers as [high word, low word].
  const bits = BigInt.asUintN(64, value)
  return { dataType, arrayType: VariantArrayType.Scalar, value: [Number(bits >> 32n), Number(bits & 0xffff_ffffn)] }
}
