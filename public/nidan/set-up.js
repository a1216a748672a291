// What only a set-up asks of the page: the key agreement, phone regions, and ways to take codes along. Loaded with its module.

/** ECDH on P-256 (W3C Web Cryptography). */
const CURVE = { name: 'ECDH', namedCurve: 'P-256' }
const KEY_LENGTH = 65

/**
 * Agrees with the service on a secret: its public key, ours, and what both sides compute of them. Our private key cannot be
 * read, and is forgotten. Rejects where what came is no point of the curve.
 */
export async function agree(theirs, own = crypto.subtle.generateKey(CURVE, false, ['deriveBits'])) {
  const { subtle } = crypto
  const [{ privateKey, publicKey }, other] = await Promise.all([own, subtle.importKey('raw', theirs, CURVE, false, [])])
  const parts = [theirs, await subtle.exportKey('raw', publicKey), await subtle.deriveBits({ name: 'ECDH', public: other }, privateKey, 256)]
  const agreed = new Uint8Array(2 * KEY_LENGTH + 32)
  parts.forEach((part, index) => agreed.set(new Uint8Array(part), index * KEY_LENGTH))
  new Uint8Array(parts[2]).fill(0)
  return agreed
}

/**
 * Where a set-up goes on on a phone: the host's word (`phone-url`; `none` for nowhere), else this page where its path is its whole
 * address. Nothing in a frame, for a page that only this machine has, and where the host's word is no address (any more).
 */
export function phoneAddress(element, { protocol, hostname, origin, pathname, search, hash }, isTop, httpUrl) {
  const own = element.getAttribute('phone-url')
  if (own === 'none') return undefined
  if (own !== null) {
    try { return httpUrl(element, 'phone-url') } catch { return undefined }
  }
  const isOpen = protocol === 'https:' && !/^(localhost|127\.|\[::1)|\.localhost$/.test(hostname)
  return isOpen && isTop && !search && !hash ? origin + pathname : undefined
}

/**
 * Gives it to a page, with what loads and makes things there.
 * @param {import('./page.js').Page} page
 */
export function equip(page, { element, httpUrl, file, make }) {
  // Browsers keep cryptography from pages that others can change on their way.
  if (!crypto.subtle) throw Object.assign(new Error('a set-up needs a page by https'), { reason: 'insecure' })
  /** A finger and a narrow screen, most likely the phone that has the app: 1 for an iPhone, 2 for another one, else 0. */
  const phone = () => matchMedia('(pointer: coarse) and (max-width: 640px)').matches ? (/iPhone/.test(navigator.userAgent) ? 1 : 2) : 0
  let agreed
  // Made once: that takes longer than all its answers.
  let names
  /** What is printed: codes stay on no page longer than their step. */
  let printed
  for (const name of ['shown', 'leave']) {
    const own = page[name]
    page[name] = (...given) => { printed?.remove(); own.apply(page, given) }
  }
  /** The bytes that base64url stands for; none where it is none. */
  const bytes = (text) => {
    try {
      return Uint8Array.from(atob(text.replace(/[-_]/g, (sign) => (sign === '-' ? '+' : '/'))), (one) => one.charCodeAt(0))
    } catch {
      return new Uint8Array()
    }
  }
  Object.assign(page, {
    bytes,

    /** Where the browser's clock is set to be, or the person's language is at home. */
    region(offered) {
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
      const zones = (iso) => {
        const place = /** @type {any} */ (new Intl.Locale('und', { region: iso }))
        return place.getTimeZones?.() ?? place.timeZones ?? []
      }
      const here = offered.find((iso) => zones(iso).includes(timeZone))
      if (here) return here
      const wish = navigator.languages.find((one) => one.startsWith(page.locale)) ?? page.locale
      // Some browsers report tags that they do not take themselves.
      try { return new Intl.Locale(wish).maximize().region ?? '' } catch { return '' }
    },

    async agree(theirs) { agreed = await agree(bytes(theirs)) },

    agreed() {
      const own = agreed
      // Handed out once: the page keeps no copy.
      queueMicrotask(() => own.fill(0))
      return own
    },

    base64(bytes) {
      return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_', '=': '' })[sign])
    },

    /** The table of phone regions. */
    async regions() {
      return (await file('regions.txt')).text()
    },

    /** A country with its flag and calling code; empty where neither holds what is searched for. */
    country(iso, code, search) {
      const flag = String.fromCodePoint(...[...iso].map((letter) => letter.codePointAt(0) + 0x1f1a5))
      names ??= new Intl.DisplayNames(page.locale, { type: 'region' })
      const name = names.of(iso)
      const wanted = search.normalize('NFKC').trim().toLowerCase()
      return `${name} ${iso} +${code}`.toLowerCase().includes(wanted) ? `${flag} ${name} +${code}` : ''
    },

    phoneUrl: () => (phone() ? undefined : phoneAddress(element, location, window === window.top, httpUrl)),

    phone,

    canPrint() { return Boolean(window.print) },

    download(name, text) {
      // The mark tells old editors that Japanese may follow.
      const url = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/plain;charset=utf-8' }))
      make('a', { href: url, download: name }).click()
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
    },

    /** A hidden frame with nothing but the sheet, made node by node, so that a strict policy allows it. */
    print(title, lines) {
      printed?.remove()
      const frame = printed = make('iframe', { ariaHidden: 'true' })
      setTimeout(() => frame.remove(), 60_000)
      Object.assign(frame.style, { position: 'fixed', inset: 'auto 0 0', width: 0, height: 0, border: 0, visibility: 'hidden' })
      document.body.append(frame)
      const sheet = frame.contentDocument
      Object.assign(sheet.documentElement, { lang: page.locale, dir: page.direction })
      sheet.title = title
      const add = (tag, text) => sheet.body.appendChild(sheet.createElement(tag)).append(text)
      add('h1', title)
      for (const line of lines) add('p', line)
      frame.contentWindow.addEventListener('afterprint', () => setTimeout(() => frame.remove()))
      frame.contentWindow.print()
    },
  })
}
