/** Namespace of the filling machine's variables. Apart from its server, so that naming it does not load the OPC UA stack. */
export const MACHINE_NAMESPACE = 'urn:plumbline:plant:filler'
