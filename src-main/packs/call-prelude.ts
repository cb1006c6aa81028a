/**
 * Runs inside the sandbox before a rule whose `accept` decides what becomes part of the ledger. Steps are counted by the engine at each
 * turn of a loop and each call, so nothing may stay that works long within one step: what is kept of the built-ins is listed here, and
 * what works through an array or a text has a bound and pays for its length in turns of a loop. BigInt literals are refused by their
 * spelling (call-engine.ts), since operators cannot be taken away; what one operator does to a text ends with the memory.
 *
 * Nothing that a rule is given is frozen: whatever it does to it, nobody sees it, since the next call begins from the image.
 */
import { COPY_OF } from './prelude.ts'

/** Items of an array, and units of a text, that a built-in works through at most. */
export const CALL_ITEMS_MAX = 4_096
export const CALL_TEXT_MAX = 65_536
/** Levels of what `accept` answers; its values are state. */
export const CALL_DEPTH_MAX = 8

export const CALL_PRELUDE = `(hostGet) => {
  const { parse, stringify } = JSON
  const { create, defineProperty, freeze, getPrototypeOf, keys, setPrototypeOf } = Object
  const { isArray } = Array
  const { apply, deleteProperty, ownKeys } = Reflect
  const { max } = Math
  const toText = String
  const Thrown = TypeError
  const ThrownRange = RangeError
  const has = (names, name) => { for (let i = 0; i < names.length; i++) if (names[i] === name) return true; return false }
  const keepOnly = (object, names) => {
    const all = ownKeys(object)
    for (let i = 0; i < all.length; i++)
      if (typeof all[i] === 'string' ? !has(names, all[i]) : all[i] !== iterator) deleteProperty(object, all[i])
  }
  const iterator = Symbol.iterator
  const arrays = Array.prototype
  const texts = String.prototype
  const natives = (object, names) => names.map((name) => [name, object[name]])
  const ownArray = natives(arrays, ['at', 'concat', 'every', 'filter', 'find', 'findIndex', 'findLast', 'findLastIndex', 'forEach', 'join', 'map',
    'pop', 'push', 'reduce', 'reduceRight', 'reverse', 'shift', 'slice', 'some', 'splice', 'toReversed', 'toSpliced', 'unshift', 'with'])
  const sorting = natives(arrays, ['sort', 'toSorted'])
  const ownText = natives(texts, ['at', 'charAt', 'charCodeAt', 'codePointAt', 'endsWith', 'includes', 'indexOf', 'lastIndexOf', 'padEnd',
    'padStart', 'repeat', 'replace', 'replaceAll', 'slice', 'split', 'startsWith', 'substring', 'toLowerCase', 'toString', 'toUpperCase', 'trim', 'trimEnd', 'trimStart', 'valueOf'])
  const arrayIterator = getPrototypeOf([][iterator]())
  const iterators = [arrayIterator, getPrototypeOf(''[iterator]()), getPrototypeOf(getPrototypeOf((function* () {})()))]
  const makers = [async function () {}, function* () {}, async function* () {}, function () {}].map((one) => getPrototypeOf(one))
  // Those of async functions are not there: without promises none can be called.
  for (const maker of makers) if (maker !== null) deleteProperty(maker, 'constructor')
  keepOnly(globalThis, ['Array', 'Boolean', 'Error', 'Infinity', 'Math', 'NaN', 'Number', 'Object', 'RangeError', 'String', 'TypeError', 'globalThis', 'undefined'])
  keepOnly(Object, ['entries', 'freeze', 'fromEntries', 'hasOwn', 'is', 'isFrozen', 'keys', 'values', 'prototype'])
  keepOnly(Object.prototype, ['hasOwnProperty', 'toString', 'valueOf', 'constructor'])
  keepOnly(Array, ['isArray', 'of', 'prototype'])
  keepOnly(Number, ['isFinite', 'isInteger', 'isNaN', 'isSafeInteger', 'MAX_SAFE_INTEGER', 'MIN_SAFE_INTEGER', 'prototype'])
  keepOnly(Number.prototype, ['toFixed', 'toString', 'valueOf', 'constructor'])
  keepOnly(String, ['prototype'])
  keepOnly(Boolean, ['prototype'])
  keepOnly(Math, ['abs', 'ceil', 'floor', 'max', 'min', 'round', 'sign', 'trunc'])
  for (const kind of [Error, RangeError, TypeError]) keepOnly(kind, ['prototype'])
  keepOnly(getPrototypeOf(function () {}), ['apply', 'bind', 'call'])
  keepOnly(arrays, ['constructor', 'length', 'entries', 'keys', 'values'])
  keepOnly(texts, ['constructor', 'length'])
  for (const one of iterators) keepOnly(one, ['next', 'return', 'throw'])
  keepOnly(getPrototypeOf(arrayIterator), [])
  const put = (object, name, value) => defineProperty(object, name, { value: freeze(value), writable: true, configurable: true })
  // What a built-in does in one step is paid for in turns of this loop, which count.
  const pay = (units) => { for (let left = units; left > 0; left -= 64); }
  const few = (array) => {
    if (!isArray(array)) throw new Thrown('a method of arrays was called on something else')
    if (array.length > ${CALL_ITEMS_MAX}) throw new ThrownRange('an array has more than ${CALL_ITEMS_MAX} items')
    pay(array.length)
    return array
  }
  const short = (text) => {
    if (typeof text !== 'string') throw new Thrown('a method of texts was called on something else, or given something else')
    if (text.length > ${CALL_TEXT_MAX}) throw new ThrownRange('a text has more than ${CALL_TEXT_MAX} units')
    return text
  }
  for (const [name, native] of ownArray) {
    put(arrays, name, { [name](...given) {
      few(this)
      for (let i = 0; i < given.length; i++) if (isArray(given[i])) few(given[i])
      return few(this), resultOf(apply(native, this, given))
    } }[name])
  }
  const resultOf = (made) => (isArray(made) ? few(made) : made)
  for (const [name, native] of sorting) {
    put(arrays, name, { [name](compare) {
      if (typeof compare !== 'function') throw new Thrown(name + ' needs a function that compares')
      return apply(native, few(this), [compare])
    } }[name])
  }
  const place = (array, wanted) => { for (let i = 0; i < array.length; i++) if (array[i] === wanted) return i; return -1 }
  put(arrays, 'indexOf', { indexOf(wanted) { return place(few(this), wanted) } }.indexOf)
  put(arrays, 'includes', { includes(wanted) { return place(few(this), wanted) >= 0 } }.includes)
  put(arrays, 'toString', { toString() { return this.join(',') } }.toString)
  for (const [name, native] of ownText) {
    put(texts, name, { [name](...given) {
      const text = short(typeof this === 'object' ? apply(valueOf, this, []) : this)
      let units = text.length
      for (let i = 0; i < given.length; i++) {
        if (typeof given[i] === 'string') units = text.length * max(1, short(given[i]).length)
        else if (typeof given[i] === 'number') units = max(units, given[i])
        else if (given[i] !== undefined) throw new Thrown(name + ' takes texts and numbers')
      }
      if (units > ${CALL_TEXT_MAX} * 16) throw new ThrownRange(name + ' would work through more than is allowed')
      pay(units)
      return apply(native, text, given)
    } }[name])
  }
  const valueOf = ownText[ownText.length - 1][1]
  // What the engine makes of a template.
  put(texts, 'concat', { concat(...given) {
    let text = toText(this)
    for (let i = 0; i < given.length; i++) text += toText(given[i])
    return text
  } }.concat)
  ${COPY_OF}
  const lookup = freeze((owner, kind, id) => {
    const text = hostGet(short(owner), short(kind), stringify(copyOf(id, 2)))
    return text === '' ? null : parse(text)
  })
  return (pack, inputText) => {
    const call = parse(inputText)
    defineProperty(call, 'get', { value: lookup, enumerable: true })
    const output = apply(pack.accept, undefined, [call])
    const text = stringify(copyOf(output, ${CALL_DEPTH_MAX}))
    if (typeof text !== 'string') throw new Thrown('accept returned nothing that JSON can carry')
    return text
  }
}`
