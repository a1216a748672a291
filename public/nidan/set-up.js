// What only a set-up asks of the page: phone regions, and ways to take codes along. Loaded with its module.

/**
 * Gives it to a page, with what loads and makes things there.
 * @param {import('./page.js').Page} page
 */
export function equip(page, { file, make }) {
  // Made once: that takes longer than all its answers.
  let names
  /** What is printed: codes stay on no page longer than their step. */
  let printed
  for (const name of ['shown', 'leave']) {
    const own = page[name]
    page[name] = (...given) => { printed?.remove(); own.apply(page, given) }
  }
  Object.assign(page, {
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

    base64(bytes) {
      return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (sign) => ({ '+': '-', '/': '_', '=': '' })[sign])
    },

    bytes(text) {
      try {
        return Uint8Array.from(atob(text.replace(/[-_]/g, (sign) => (sign === '-' ? '+' : '/'))), (one) => one.charCodeAt(0))
      } catch {
        return new Uint8Array()
      }
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

    /** A finger and a narrow screen, most likely the phone that has the app: 1 for an iPhone, 2 for another one, else 0. */
    phone() {
      return matchMedia('(pointer: coarse) and (max-width: 640px)').matches ? (/iPhone/.test(navigator.userAgent) ? 1 : 2) : 0
    },

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
