// Reads and writes WebAssembly modules as files, as far as the passes need it
// (https://webassembly.github.io/spec/core/binary/).

/** Reads a module from byte to byte. */
class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  byte() {
    return this.bytes[this.at++]
  }

  /** LEB128. */
  number() {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
    }
  }

  /** The next bytes, as many as the number before them says. */
  block() {
    const size = this.number()
    this.at += size
    return this.bytes.subarray(this.at - size, this.at)
  }

  text() {
    return this.block().toString()
  }
}

/** Each section: its id, where it begins and ends in the file with and without its head. */
function sections(bytes) {
  const found = []
  for (const reader = new Reader(bytes, 8); reader.at < bytes.length;) {
    const start = reader.at
    const id = reader.byte()
    const size = reader.number()
    found.push({ id, start, body: reader.at, end: reader.at + size })
    reader.at += size
  }
  return found
}

/** What a module imports, by name. */
export const importsOf = (bytes) => WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ name }) => name)

/** What a module exports, by name. */
export const exportsOf = (bytes) => WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name)

/** The number that the first global begins with: the stack pointer's, in what rustc links. */
export function firstGlobal(bytes) {
  const section = sections(bytes).find(({ id }) => id === 6)
  // How many there are, the type, whether it changes, `i32.const`, and the number as a signed LEB128.
  const [count, type, , instruction, ...number] = bytes.subarray(section?.body ?? 0, section?.end ?? 0)
  if (!count || type !== 0x7f || instruction !== 0x41) return undefined
  let value = 0
  for (const [place, byte] of number.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * place)
    if (byte < 0x80) return byte & 0x40 ? value - 2 ** (7 * (place + 1)) : value
  }
}

/** The module without names and other notes for tools. */
export function withoutNotes(bytes) {
  const kept = sections(bytes).filter(({ id }) => id !== 0).map(({ start, end }) => bytes.subarray(start, end))
  return Buffer.concat([bytes.subarray(0, 8), ...kept])
}

/** The names of functions, by their number. */
export function functionNames(bytes) {
  const custom = sections(bytes).filter(({ id }) => id === 0)
  const section = custom.find(({ body }) => new Reader(bytes, body).text() === 'name')
  if (!section) throw new Error('the module has no names: wasm-opt needs -g')
  const names = new Map()
  const reader = new Reader(bytes, section.body)
  reader.text()
  while (reader.at < section.end) {
    const kind = reader.byte()
    const part = new Reader(reader.block())
    if (kind !== 1) continue
    for (let count = part.number(); count > 0; count -= 1) names.set(part.number(), part.text())
  }
  return names
}

/** The same module with bodies that trap for functions whose names are `dead`. */
export function trapping(bytes, dead) {
  const names = functionNames(bytes)
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).filter(({ kind }) => kind === 'function').length
  const section = sections(bytes).find(({ id }) => id === 10)
  const reader = new Reader(bytes, section.body)
  const count = reader.number()
  // No locals, unreachable, end.
  const trap = Buffer.from([0, 0x00, 0x0b])
  let trapped = 0
  const bodies = Array.from({ length: count }, (_, at) => {
    const body = reader.block()
    if (!dead(names.get(imported + at) ?? '')) return body
    trapped += 1
    return trap
  })
  const body = Buffer.concat([leb128(count), ...bodies.flatMap((body) => [leb128(body.length), body])])
  const head = Buffer.concat([Buffer.from([section.id]), leb128(body.length)])
  return { module: Buffer.concat([bytes.subarray(0, section.start), head, body, bytes.subarray(section.end)]), trapped }
}

function leb128(value) {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80)
  return Buffer.from([...bytes, value])
}
