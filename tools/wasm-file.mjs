// Reads and writes WebAssembly modules as files, as far as shrink.mjs needs it
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

/** The module's memory as it begins: where each piece stands in the file, and from which address on. */
export function pieces(bytes) {
  const found = []
  const reader = new Reader(bytes, sections(bytes).find(({ id }) => id === 11).body)
  for (let count = reader.number(); count > 0; count -= 1) {
    // Active pieces for the one memory, at a constant address: the form that linkers write.
    if (reader.number() !== 0 || reader.byte() !== 0x41) throw new Error('data of another form')
    const address = reader.number()
    if (reader.byte() !== 0x0b) throw new Error('data of another form')
    const size = reader.number()
    found.push({ address, start: reader.at, end: reader.at + size })
    reader.at += size
  }
  return found
}

/** The names of functions, by their number. */
function functionNames(bytes) {
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
