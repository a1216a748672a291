// The page around the widget, for tests: it keeps what the widget asks for. What the service would answer is set by each
// test; the end-to-end tests run against the real one.

export class TestPage {
  constructor(words, answers) {
    // Without the forms for other counts, as the page has them by place.
    const texts = JSON.parse(words)
    this.catalogue = Object.entries(texts).filter(([key]) => !(key.replace(/\.[^.]+$/, '') in texts)).map(([, text]) => text)
    this.answers = answers
    this.asked = []
    this.guarded = false
    this.completed = null
  }
  get locale() { return 'en' }
  words(place) { return this.catalogue[place] }
  now() { return this.asked.length ? 1_800_000_000 : 0 }
  number(value) { return String(value) }
  date(seconds) { return new Date(seconds * 1000).toISOString().slice(0, 10) }
  async request(path, body) {
    this.asked.push([path, body])
    const answer = this.answers.shift()
    if (answer === undefined) throw new Error('nobody answers')
    return [answer.code === undefined, answer]
  }
  phone() { return 0 }
  phoneUrl() { return undefined }
  canPrint() { return true }
  region() { return 'US' }
  shown(step, focuses) {
    this.step = step
    if (focuses) document.querySelector('[data-focus]')?.focus()
  }
  focused = 0
  focus() {
    this.focused++
    document.querySelector('[data-focus]')?.focus()
  }
  direction = 'ltr'
  id(name) { return name }
  place() { return undefined }
  guard(on) { this.guarded = on }
  async copy(text) { this.copied = text }
  download(name, text) { this.downloaded = text }
  print() {}
  watch() {}
  async agree(text) {
    const [curve, { subtle }] = [{ name: 'ECDH', namedCurve: 'P-256' }, crypto]
    const own = await subtle.generateKey(curve, true, ['deriveBits'])
    const theirs = this.bytes(text)
    const shared = await subtle.deriveBits({ name: 'ECDH', public: await subtle.importKey('raw', theirs, curve, true, []) }, own.privateKey, 256)
    this.made = Uint8Array.from([theirs, await subtle.exportKey('raw', own.publicKey), shared].flatMap((part) => [...new Uint8Array(part)]))
  }
  agreed() { return this.made }
  base64(bytes) { return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_', '=': '' })[sign]) }
  bytes(text) { return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt()) }
  submitsItself = true
  typedEarly = ''
  earlyField() { return undefined }
  aside(aside) { this.isAside = aside }
  complete(code) { this.completed = code }
  restart() { this.restarted = true }
  usedPasskey() { return false }
}

export function newPage(words, answers) { return new TestPage(words, JSON.parse(answers)) }
export function askedBody(page, index) { return JSON.stringify(page.asked[index]?.[1] ?? null) }
export function askedCount(page) { return page.asked.length }
export function get(page, name) { return page[name] }
export async function settle() { await new Promise((done) => setTimeout(done, 30)) }

/** The next turn: microtasks have run. */
export async function turn() { await new Promise((done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = () => { port1.close(); done() }; port2.postMessage(0) }) }

/** How often a field is written, and how often what is composed in it ends. */
export function countWrites(field) {
  const counts = { writes: 0, ends: 0 }
  const { get, set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')
  Object.defineProperty(field, 'value', { get, set(text) { counts.writes++; set.call(this, text) } })
  for (const end of ['compositionend', 'blur']) field.addEventListener(end, () => { counts.ends++ })
  return counts
}
