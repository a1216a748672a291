// Defines <nidan-flow>. Everything that the widget needs is fetched at once and side by side: no request waits for
// another. Where WebAssembly or the network is missing, the element's own children stay.

const base = new URL('.', import.meta.url)
const LOCALES = ['en', 'ja']
/** Countries that there is a pack of help for, when no code arrives (help/COUNTRY.LOCALE.json). */
const HELP = ['JP']
/** How often a code is asked about where the stream of events ends. */
const POLL_MS = 3_000
/** The service tells how the code fares at once; a stream that is silent so long is held up on the way. */
const STALL_MS = 5_000
/** The service gives up after ten seconds; slow networks need some more. */
const REQUEST_TIMEOUT_MS = 15_000
/** Then the fallback comes back: an empty place helps nobody. */
const LOAD_TIMEOUT_MS = 20_000
const TOKEN = /^[\w-]{20,200}$/

// The compiled widget, one for all elements of the page.
let engine
// Catalogues by locale.
const once = new Map()

function loadEngine() {
  engine ??= (async () => {
    const wasm = fetch(new URL('nidan_bg.wasm', base), { credentials: 'same-origin' })
    const [glue, sheet] = await Promise.all([import(new URL('nidan.js', base)), loadSheet()])
    await glue.default({ module_or_path: wasm })
    return { glue, sheet }
  })()
  // The next element tries again.
  engine.catch(() => { engine = undefined })
  return engine
}

async function loadSheet() {
  const answer = await fetch(new URL('nidan-flow.css', base))
  if (!answer.ok) throw new Error(`nidan-flow.css: ${answer.status}`)
  // Adopted, not inserted: this works under a policy without any style-src grant.
  return new CSSStyleSheet().replace(await answer.text())
}

function loadWords(locale) {
  if (!once.has(locale)) {
    const words = fetch(new URL(`locales/${locale}.json`, base)).then((answer) => {
      if (!answer.ok) throw new Error(`${locale}.json: ${answer.status}`)
      // By place: a release leaves the keys out.
      return answer.json().then(Object.values)
    })
    words.catch(() => once.delete(locale))
    once.set(locale, words)
  }
  return once.get(locale)
}

/** The first of the wishes that there is a catalogue for. */
function pickLocale(wishes) {
  for (const wish of wishes) {
    const language = wish?.toLowerCase().split('-')[0]
    if (LOCALES.includes(language)) return language
  }
  return LOCALES[0]
}

/**
 * What the widget asks of the page around it: network, words, clipboard, printer, host events. It decides nothing.
 * Here and not in Rust, because the glue for each browser interface costs more bytes than the whole call.
 */
class Page {
  #element
  #words
  #wanted
  #anchor
  #asking
  #watched
  // Made once: that takes longer than all their answers.
  #regions
  #numbers
  #guard = (event) => event.preventDefault()

  constructor(element, words, wanted) {
    this.#element = element
    this.#words = words
    this.#wanted = wanted
  }

  get locale() {
    return this.#wanted.locale
  }

  /** Where the person's language is at home, as far as the browser says. */
  region() {
    const wish = navigator.languages.find((one) => one.startsWith(this.locale)) ?? this.locale
    // Some browsers report tags that they do not take themselves.
    try { return new Intl.Locale(wish).maximize().region ?? '' } catch { return '' }
  }

  words(place) {
    return this.#words[place]
  }

  number(value) {
    this.#numbers ??= new Intl.NumberFormat(this.locale)
    return this.#numbers.format(value)
  }

  date(seconds) {
    return new Date(seconds * 1000).toLocaleString(this.locale, { dateStyle: 'long', timeStyle: 'short' })
  }

  /**
   * Unix seconds by the service's clock: the person's own may be wrong. The browser's steady clock counts on from the
   * service's answer; some machines stop it while they sleep, so where it and the wall clock part, the service is asked
   * again.
   */
  now() {
    if (!this.#anchor) return 0
    const steady = performance.now() - this.#anchor.steady
    const wall = Date.now() - this.#anchor.wall
    if (Math.abs(wall - steady) > 2_000 && !this.#asking) {
      this.#asking = true
      // Any answer settles it, a refusal too: a flow that is over is not asked about every second. Without one the next
      // call asks again.
      const settle = () => { this.#anchor.wall = Date.now() - (performance.now() - this.#anchor.steady) }
      this.request('/v1/flow').then(settle, () => {}).then(() => { this.#asking = false })
    }
    return (this.#anchor.service + steady) / 1000
  }

  /** Resolves to [ok, json]; rejects when nobody answers, too late, or with something else than JSON. */
  async request(path, body) {
    const answer = await fetch(this.#wanted.service + path, {
      method: body ? 'POST' : 'GET',
      body: body && JSON.stringify(body),
      headers: { Authorization: `Bearer ${this.#wanted.token}`, ...(body && { 'Content-Type': 'application/json' }) },
      cache: 'no-store',
      // The flow token is all that the service needs.
      credentials: 'omit',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const json = await answer.json()
    if (json.server_time_ms) {
      this.#anchor = { service: json.server_time_ms, steady: performance.now(), wall: Date.now() }
    }
    return [answer.ok, json]
  }

  base64(bytes) {
    return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_', '=': '' })[sign])
  }

  bytes(text) {
    try {
      return Uint8Array.from(atob(text.replace(/[-_]/g, (sign) => (sign === '-' ? '+' : '/'))), (one) => one.charCodeAt())
    } catch {
      return new Uint8Array()
    }
  }

  /** A file of the widget's own folder; rejects when it is not there. */
  async #file(name) {
    const answer = await fetch(new URL(name, base))
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`)
    return answer
  }

  /** The table of phone regions. */
  async regions() {
    return (await this.#file('regions.txt')).text()
  }

  /** What helps in a country: when it was looked up, then names and advice in turn. Nothing where nobody wrote it. */
  async help(country, channel) {
    if (!HELP.includes(country)) return []
    const pack = await (await this.#file(`help/${country}.${this.locale}.json`)).json()
    return [pack.verified_on, ...pack[channel].flat()]
  }

  /** A country with its flag and calling code; empty where neither holds what is searched for. */
  country(iso, code, search) {
    const flag = String.fromCodePoint(...[...iso].map((letter) => letter.codePointAt(0) + 0x1f1a5))
    this.#regions ??= new Intl.DisplayNames(this.locale, { type: 'region' })
    const name = this.#regions.of(iso)
    const wanted = search.normalize('NFKC').trim().toLowerCase()
    return `${name} ${iso} +${code}`.toLowerCase().includes(wanted) ? `${flag} ${name} +${code}` : ''
  }

  /**
   * Tells how a code fares, and the code itself where the browser reads the message (WebOTP), until the next call. An
   * empty path only ends it.
   */
  watch(path, heard) {
    this.#watched?.abort()
    this.#watched = new AbortController()
    if (!path) return
    const { signal } = this.#watched
    this.#follow(path, heard, signal)
    if (!window.OTPCredential) return
    const told = ({ code }) => { if (!signal.aborted) heard(code) }
    navigator.credentials.get({ otp: { transport: ['sms'] }, signal }).then(told, () => {})
  }

  /** Server-sent events; `EventSource` cannot send the token. Where they do not come through, it asks now and then. */
  async #follow(path, heard, signal) {
    let streams = true
    while (!signal.aborted) {
      const turn = new AbortController()
      signal.addEventListener('abort', () => turn.abort())
      // A proxy that gathers answers passes nothing on.
      const stalled = setTimeout(() => { streams = false; turn.abort() }, STALL_MS)
      try {
        const { body } = streams && await fetch(`${this.#wanted.service}${path}/events`, {
          headers: { Authorization: `Bearer ${this.#wanted.token}` }, cache: 'no-store', credentials: 'omit', signal: turn.signal,
        })
        let rest = ''
        for (const reader = body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
          const { value, done } = await reader.read()
          clearTimeout(stalled)
          if (done) break
          const lines = (rest + value).split('\n')
          rest = lines.pop()
          for (const line of lines) if (line.startsWith('data:')) heard(JSON.parse(line.slice(5)))
        }
      } catch { /* The next turn asks without a stream. */ }
      clearTimeout(stalled)
      await new Promise((done) => setTimeout(done, POLL_MS))
      if (signal.aborted) return
      const [ok, json] = await this.request(path).catch(() => [])
      if (ok && !signal.aborted) heard(json)
    }
  }

  /** A finger and a narrow screen: most likely the phone that has the app. */
  isPhone() {
    return matchMedia('(pointer: coarse) and (max-width: 640px)').matches
  }

  /**
   * Puts the focus on the element that a screen marks, or on its title, once it stands. Still within the press that led
   * here: some phones open their keyboard only then, and whoever types on at once loses nothing.
   */
  focus() {
    queueMicrotask(() => {
      const target = this.#element.querySelector('[data-focus]') ?? this.#element.querySelector('h2')
      target?.focus({ preventScroll: true })
      this.#element.scrollIntoView({ block: 'nearest' })
    })
  }

  /** Whether leaving now asks first. */
  guard(on) {
    if (on) addEventListener('beforeunload', this.#guard)
    else removeEventListener('beforeunload', this.#guard)
  }

  async copy(text) {
    await navigator.clipboard.writeText(text)
  }

  download(name, text) {
    // The mark tells old editors that Japanese may follow.
    const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/plain;charset=utf-8' }))
    const link = Object.assign(document.createElement('a'), { href: url, download: name })
    link.click()
    setTimeout(() => URL.revokeObjectURL(url), 10_000)
  }

  /** A hidden frame with nothing but the sheet, made node by node, so that a strict policy allows it. */
  print(title, lines) {
    const frame = document.createElement('iframe')
    frame.className = 'nidan-print'
    frame.ariaHidden = 'true'
    document.body.append(frame)
    const sheet = frame.contentDocument
    sheet.documentElement.lang = this.locale
    sheet.title = title
    const add = (tag, text) => sheet.body.appendChild(sheet.createElement(tag)).append(text)
    add('h1', title)
    for (const line of lines) add('p', line)
    frame.contentWindow.addEventListener('afterprint', () => setTimeout(() => frame.remove()))
    frame.contentWindow.print()
  }

  /** `nidan-complete`; unless the page takes it, a form post: hosts without any script of their own work too. */
  complete(resultCode) {
    const taken = this.#announce('nidan-complete', { resultCode, outcome: 'enrolled' })
    if (taken || !this.#wanted.completeUrl) return
    const form = Object.assign(document.createElement('form'), { method: 'post', action: this.#wanted.completeUrl })
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'result_code', value: resultCode }))
    document.body.append(form)
    form.submit()
  }

  /** `nidan-restart`; unless the page takes it, a reload: the page then brings a new flow token. */
  restart() {
    if (!this.#announce('nidan-restart')) location.reload()
  }

  #announce(name, detail) {
    return !this.#element.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, cancelable: true, detail }))
  }
}

class NidanFlow extends HTMLElement {
  static observedAttributes = ['service', 'flow-token', 'locale', 'complete-url']
  #mounted = null
  #page = null
  #children = null
  #generation = 0

  connectedCallback() {
    this.#restart()
  }

  disconnectedCallback() {
    this.#generation++
    this.#unmount()
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#restart()
  }

  /** Frameworks set attributes one by one: start when they are all there. */
  #restart() {
    const generation = ++this.#generation
    queueMicrotask(() => { if (generation === this.#generation) this.#start(generation) })
  }

  async #start(generation) {
    this.#unmount()
    const wanted = this.#read()
    if (!wanted) return
    this.#children = document.createDocumentFragment()
    this.#children.append(...this.childNodes)
    this.setAttribute('aria-busy', 'true')
    try {
      const late = new Promise((_, reject) => setTimeout(() => reject(new Error('too slow')), LOAD_TIMEOUT_MS))
      const [{ glue, sheet }, words] = await Promise.race([Promise.all([loadEngine(), loadWords(wanted.locale)]), late])
      if (generation !== this.#generation) return
      const root = this.getRootNode()
      if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet)
      this.#page = new Page(this, words, wanted)
      this.#mounted = glue.mount(this, this.#page)
    } catch (error) {
      if (generation !== this.#generation) return
      this.#unmount()
      console.error('nidan-flow: the widget could not be loaded, so the fallback stays', error)
    }
    this.removeAttribute('aria-busy')
  }

  #unmount() {
    this.#mounted?.free()
    this.#page?.guard(false)
    this.#page?.watch('')
    this.#mounted = this.#page = null
    if (this.#children) this.append(this.#children)
    this.#children = null
    this.removeAttribute('aria-busy')
  }

  /** The attributes, checked; null and one line in the console when one cannot work. */
  #read() {
    const wrong = (name, why) => {
      console.error(`nidan-flow: the attribute "${name}" ${why}`, this)
      return null
    }
    const service = httpUrl(this.getAttribute('service'))
    if (!service) return wrong('service', 'must be the http(s) URL of the service')
    const token = this.getAttribute('flow-token') ?? ''
    if (!TOKEN.test(token)) return wrong('flow-token', 'must be the flow_token that POST /v1/flows answered')
    const locale = this.getAttribute('locale')
    if (locale !== null && !LOCALES.includes(locale.toLowerCase().split('-')[0])) {
      return wrong('locale', `must be one of ${LOCALES.join(', ')}`)
    }
    const completeUrl = this.hasAttribute('complete-url') ? httpUrl(this.getAttribute('complete-url')) : undefined
    if (completeUrl === null) return wrong('complete-url', 'must be an http(s) URL')
    return {
      service: service.replace(/\/$/, ''),
      token,
      locale: pickLocale([locale, document.documentElement.lang, ...navigator.languages]),
      completeUrl,
    }
  }
}

function httpUrl(text) {
  if (!text) return null
  try {
    const url = new URL(text, document.baseURI)
    return ['http:', 'https:'].includes(url.protocol) ? url.href : null
  } catch {
    return null
  }
}

if (!customElements.get('nidan-flow')) customElements.define('nidan-flow', NidanFlow)
