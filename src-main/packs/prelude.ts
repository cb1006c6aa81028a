/**
 * Runs inside the sandbox before the pack does. It takes away what could differ between two runs, keeps its own references to
 * JSON and Object (a pack may overwrite the globals), and returns the function that hands a frozen input to the pack.
 *
 * The runner answers with a JSON text, or with undefined where the pack lacks the function.
 */
export const PRELUDE = `(() => {
  const { parse, stringify } = JSON
  const { freeze, values } = Object
  const { apply } = Reflect
  const Thrown = TypeError
  delete Math.random
  for (const name of ['Date', 'WeakRef', 'FinalizationRegistry', 'WeakMap', 'WeakSet', 'eval', 'performance', 'console']) {
    delete globalThis[name]
  }
  const isObject = (value) => typeof value === 'object' && value !== null
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
    const text = stringify(output)
    if (typeof text !== 'string') throw new Thrown(name + ' returned nothing that JSON can carry')
    return text
  }
})()`
