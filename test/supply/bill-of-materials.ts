/** The bill of materials in the form that scanners read (CycloneDX 1.6, ECMA-424), the same bytes for the same lock files. */
import { createHash } from 'node:crypto'
import { Contrib, Enums, Models, Serialize, Spec, Validation } from '@cyclonedx/cyclonedx-library'
import parseLicence from 'spdx-expression-parse'
import { type Component, purl } from './components.ts'
import { licenceOf } from './licences.ts'

const licences = new Contrib.License.Factories.LicenseFactory(parseLicence)

/**
 * @param product its name, version and SPDX licence
 * @returns the document as JSON text, ended by a line feed
 */
export function billOfMaterials(
  product: { readonly name: string; readonly version: string; readonly license: string },
  components: readonly Component[],
): string {
  const bom = new Models.Bom({ serialNumber: serialNumber([product.version, ...components.map(identity)]) })
  bom.metadata.component = new Models.Component(Enums.ComponentType.Application, product.name, {
    bomRef: product.name,
    version: product.version,
    licenses: new Models.LicenseRepository([licences.makeFromString(product.license)]),
  })
  for (const component of components) bom.components.add(described(component))
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`
}

/** @returns what is wrong with it by the schema of CycloneDX 1.6, or null */
export async function invalidity(bom: string): Promise<unknown> {
  return new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(bom)
}

function described(component: Component): Models.Component {
  const licence = licenceOf(component)
  return new Models.Component(Enums.ComponentType.Library, component.name, {
    bomRef: purl(component),
    purl: purl(component),
    version: component.version,
    licenses: new Models.LicenseRepository(licence === null ? [] : [licences.makeFromString(licence)]),
    hashes: new Models.HashDictionary(
      component.hash === null ? [] : [[component.hash.algorithm as Enums.HashAlgorithm, component.hash.hex]],
    ),
    // Some of what only builds is compiled into the console, so it is no "excluded"; which is which, the property says.
    scope: component.isDevelopment ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required,
    properties: new Models.PropertyRepository(
      component.isDevelopment ? [new Models.Property('cdx:npm:package:development', 'true')] : [],
    ),
  })
}

function identity(component: Component): string {
  return `${purl(component)} ${component.hash?.hex ?? ''}`
}

/** A UUID of version 8 (RFC 9562 5.8) made of the content: a bill of other components has another number, by itself. */
function serialNumber(content: readonly string[]): string {
  const bytes = createHash('sha256').update(content.join('\n')).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`
}
