import './no-code-generation.ts'
import type { Role } from '../../src-main/endpoints/model.ts'
import { type EndpointName, endpoints } from '../../src-main/endpoints/table.ts'
import { type Access } from '../../src-main/endpoints/endpoint.ts'

/** The roles that the table lets make this call; empty when every signed-in person may. */
export function rolesOf(name: EndpointName): readonly Role[] {
  const access: Access = endpoints[name].access
  return typeof access === 'string' ? [] : access
}
