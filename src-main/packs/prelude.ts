/**
 * Runs inside the sandbox before the pack does. It takes away what could differ between two runs, keeps its own references to
 * JSON and Object (a pack may overwrite the globals), and returns the function that hands a frozen input to the pack.
 *
 * The runner answers with a JSON text, or with undefined where the pack lacks the function. It writes a copy of what the pack
 * returned: JSON.stringify of this engine breaks the engine itself on deep nesting, and getters or toJSON could nest again.
 */

/** Levels of arrays and objects in what a pack returns; the values of the state and of certificates hold no more. */
export const PACK_OUTPUT_DEPTH_MAX = 16

/** A copy of which no part can run anything; its surroundings know create, isArray, keys, setPrototypeOf and Thrown. */
export const COPY_OF = `const isObject = (value) => typeof value === 'object' && value !== null
  const copyOf = (value, levels) => {
    if (typeof value === 'bigint') throw new Thrown('what it returned holds a BigInt, which JSON cannot carry')
    if (typeof value === 'function') return undefined
    if (!isObject(value)) return value
    if (levels === 0) throw new Thrown('what it returned is nested too deep')
    if (typeof value.toJSON === 'function') throw new Thrown('what it returned has a toJSON')
    if (isArray(value)) {
      const { length } = value
      // Without a prototype nothing that the pack put there is called.
      const items = setPrototypeOf([], null)
      for (let at = 0; at < length; at++) items[at] = copyOf(value[at], levels - 1)
      return items
    }
    const members = create(null)
    const names = keys(value)
    for (let at = 0; at < names.length; at++) members[names[at]] = copyOf(value[names[at]], levels - 1)
    return members
  }`

export const PRELUDE = `(() => {
  const { parse, stringify } = JSON
  const { create, freeze, keys, setPrototypeOf, values } = Object
  const { isArray } = Array
  const { apply } = Reflect
  const Thrown = TypeError
  delete Math.random
  for (const name of ['Date', 'WeakRef', 'FinalizationRegistry', 'WeakMap', 'WeakSet', 'eval', 'performance', 'console']) {
    delete globalThis[name]
  }
  ${COPY_OF}
  const freezeAll = (root) => {
    const waiting = [root]
    for (let at = 0; at < waiting.length; at++) {
      if (!isObject(waiting[at])) continue
      freeze(waiting[at])
      for (const inner of values(waiting[at])) if (isObject(inner)) waiting[waiting.length] = inner
    }
    return root
  }
  return (pack, name, inputText) => {
    if (!isObject(pack) || typeof pack[name] !== 'function') return undefined
    const output = apply(pack[name], undefined, [freezeAll(parse(inputText))])
    const text = stringify(copyOf(output, ${PACK_OUTPUT_DEPTH_MAX}))
    if (typeof text !== 'string') throw new Thrown(name + ' returned nothing that JSON can carry')
    return text
  }
})()`
