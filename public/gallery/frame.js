// One state of the widget, as the address says: ?state=&locale=&theme=&dom=&long=&host=

import { answering, now } from './service.js'
import { states } from './states.js'

/** What the catalogues of each purpose begin with. */
const PREFIXES = { enroll: '', verify: 'login.', manage: 'manage.', approve: 'manage.' }
/** How long a step may take before the page says that it did not come. */
const PATIENCE_MS = 4_000

const asked = Object.fromEntries(new URLSearchParams(location.search))
const state = states.find(({ name }) => name === asked.state) ?? states[0]
const locale = asked.locale ?? 'en'
document.documentElement.lang = locale
document.documentElement.dir = locale === 'ar' ? 'rtl' : 'ltr'
document.title = `${state.name} (${locale})`
// The gallery around it stays where it is.
if (window.parent !== window) Element.prototype.scrollIntoView = () => {}
// The same picture each time.
crypto.getRandomValues = (bytes) => bytes.set(bytes.map((_, place) => place * 41 + 7)) ?? bytes
const CURVE = { name: 'ECDH', namedCurve: 'P-256' }
/** A key pair that everybody knows, from the vectors. */
const OWN = { kty: 'EC', crv: 'P-256', x: 'H1UQPdV9UNiLpeUVreLMjbR0sTTHBFiFcE0AEHZWMxM', y: 'OwI1EmPkrMDaIingrWWUTn4g6hBeeiwG9m2uipxWCPs' }
crypto.subtle.generateKey = async () => ({
  publicKey: await crypto.subtle.importKey('jwk', OWN, CURVE, true, []),
  privateKey: await crypto.subtle.importKey('jwk', { ...OWN, d: 'I5_sPkHLyNnjUTZanaCTv0X0tgA2LhJ7JIHTYisXNWk' }, CURVE, false, ['deriveBits']),
})
answering(state.answers)

for (const sheet of [asked.theme && `/nidan/themes/${asked.theme}.css`, asked.host && `/gallery/hosts/${asked.host}.css`]) {
  if (sheet) await new Promise((onload, onerror) => document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: sheet, onload, onerror })))
}

const element = document.createElement('nidan-flow')
for (const [name, value] of Object.entries({
  service: '/gallery-service', 'flow-token': 'g'.repeat(43), locale, purpose: state.purpose, dom: asked.dom ?? 'light', 'complete-url': '/gallery/', 'phone-url': 'https://shop.example/account/two-step',
})) element.setAttribute(name, value)
if (asked.long) element.messages = await longer()
element.addEventListener('nidan-complete', (event) => event.preventDefault())
element.addEventListener('nidan-restart', (event) => event.preventDefault())
let step
element.addEventListener('nidan-step', ({ detail }) => { step = detail.step })
// A host sees that its page did not come, and so does a test.
element.addEventListener('nidan-error', ({ detail }) => { document.body.dataset.failed = detail.message })
await import('/nidan/nidan-flow.js')
document.querySelector('main').append(element)

/** Words that are longer by four tenths, as some languages are. */
async function longer() {
  const [keys, words] = await Promise.all(['keys', PREFIXES[state.purpose] + locale]
    .map(async (name) => (await fetch(`/nidan/locales/${name}.json`)).json()))
  const texts = Object.values(words)
  return Object.fromEntries(keys.map((key, place) => [key, texts[place]?.other ?? texts[place]]).filter(([, text]) => text)
    .map(([key, text]) => [key, text + ` ${text.replace(/\{.*?\}/g, '').slice(0, Math.ceil(text.length * 0.4))}`.trimEnd()]))
}

const all = (selector) => [...(element.shadowRoot ?? element).querySelectorAll(selector), ...(element.shadowRoot ? element.querySelectorAll(`:scope > ${selector}`) : [])]
  .filter((found) => found.checkVisibility())

async function until(what, look) {
  for (const begin = performance.now(); performance.now() - begin < PATIENCE_MS;) {
    const found = await look()
    if (found) return found
    await new Promise((done) => setTimeout(done, 4))
  }
  throw new Error(`${what} did not come; the step is ${step}`)
}

let key
/** What a person can do. */
const at = {
  step: (name) => until(name, () => step === name),
  find: (selector, nth) => until(selector, () => all(selector).at(nth)),
  text: (selector) => all(selector)[0].textContent,
  async press(selector, nth) { (await at.find(selector, nth)).click() },
  /** The main button of a step, or another one. */
  async go(name, nth = 0) {
    await at.step(name)
    await at.press(nth === 0 ? '[part~="button-main"]' : '.nidan-actions [part~="button-main"]', nth)
  },
  async type(id, text) {
    const field = await at.find(`#${id}`, 0)
    field.value = text
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  },
  async remember() {
    key = (await until('the key', () => (element.shadowRoot ?? element).querySelector('[part="key"]'))).textContent.replaceAll(' ', '')
  },
  /** What the app would show, so many seconds from now. */
  code: (seconds) => totp(key, now() + seconds),
  async wrong(times) {
    for (let nth = 0; nth < times; nth++) {
      await at.type('nidan-code', '')
      await at.type('nidan-code', String((Number(await at.code(0)) + 1 + nth) % 1_000_000).padStart(6, '0'))
      await at.find('[role="alert"]:not(:empty)', 0)
    }
  },
}

/** RFC 6238, by the browser's own HMAC. */
async function totp(base32, seconds) {
  const bits = [...base32].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const bytes = Uint8Array.from(bits.match(/.{8}/g), (byte) => parseInt(byte, 2))
  const hmac = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
  const counter = new DataView(new ArrayBuffer(8))
  counter.setUint32(4, Math.floor(seconds / 30))
  const mac = new DataView(await crypto.subtle.sign('HMAC', hmac, counter))
  return String((mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

try {
  await state.walk(at)
  // What is drawn after the last press.
  await new Promise((done) => setTimeout(done, 60))
  document.body.dataset.ready = state.name
} catch (error) {
  document.body.dataset.failed = error.message
  console.error(`gallery: ${state.name}: ${error.message}`)
}
