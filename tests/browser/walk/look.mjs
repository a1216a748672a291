// What a person sees: one look at the page, read in one call.

/** Runs in the page. Reads sentences, controls, fields and where the focus is; keeps the controls for the next press. */
function read() {
  const isShown = (node) => node.checkVisibility({ checkVisibilityCSS: true }) && node.getClientRects().length > 0
  // Where logins are approved there is nothing to see until somebody asks.
  const flow = [...document.querySelectorAll('nidan-flow')].find(isShown)
  const box = (node) => {
    const { top, bottom, left, right } = node.getBoundingClientRect()
    return { top, bottom, left, right }
  }
  const inView = (node) => {
    const { top, bottom, left, right } = box(node)
    return bottom > 0 && top < innerHeight && right > 0 && left < innerWidth && (top >= -1 || bottom - top > innerHeight)
  }
  const text = (node) => node.textContent.replace(/\s+/g, ' ').trim()
  // A set-up stands beside the page that it adds to, which is not shown meanwhile.
  const ours = [...(flow?.querySelectorAll('.nidan') ?? [])]
  const place = ours.find(isShown) ?? ours[0] ?? document.querySelector('main') ?? document.body
  const blocks = [...place.querySelectorAll('p, li, h1, h2, h3, label, button, summary, dd, dt, small, legend, a, figcaption, div[role=status]')]
  const sentences = blocks.filter((node) => isShown(node) && text(node)).map(text)
  const controls = [...document.querySelectorAll('button, a[href], summary, input[type=checkbox]')].filter(isShown)
  window.walkedControls = controls
  const label = (node) => text(node) || node.getAttribute('aria-label') || text(node.closest('label') ?? node)
  const fields = [...document.querySelectorAll('input:not([type=checkbox], [type=hidden])')].filter(isShown)
  window.walkedFields = fields
  const heading = place.querySelector('h2') ?? place.querySelector('h1')
  const now = document.activeElement
  const errors = [...place.querySelectorAll('.nidan-error, [role=alert]')].filter((node) => isShown(node) && text(node))
  return {
    kind: flow?.querySelector('.nidan') ? 'widget' : location.pathname.endsWith('/form') ? 'plain' : 'shop',
    step: flow?.querySelector('.nidan') ? flow.walkedStep ?? '' : '',
    url: location.pathname + location.search,
    sentences,
    heading: heading && { text: text(heading), inView: inView(heading) },
    errors: errors.map((node) => ({ text: text(node), inView: inView(node) })),
    timeLeft: [...place.querySelectorAll('.nidan-time')].filter((node) => text(node)).map((node) => ({ inView: inView(node) })),
    controls: controls.map((node) => ({
      tag: node.localName, label: label(node), href: node.href, id: node.id, disabled: node.disabled === true, checked: node.checked,
      main: node.classList.contains('nidan-main'), inWidget: place.contains(node), country: node.classList.contains('nidan-country'),
    })),
    fields: fields.map((node) => ({ id: node.id || node.name, value: node.value, focused: node === now, type: node.type })),
    // The browser itself says what is missing, and nothing of that can be read here.
    isIncomplete: document.querySelector('form:invalid') !== null,
    focus: now === document.body ? 'body' : place.contains(now) ? 'inside' : 'outside',
    keys: place.querySelector('.nidan-keys')?.textContent ?? '',
    open: document.querySelectorAll('details[open]').length,
    key: place.querySelector('code[part=key]')?.textContent ?? '',
    codes: [...place.querySelectorAll('.nidan-codes code')].map((node) => node.textContent),
  }
}

export const look = (page) => page.evaluate(read)

/** Whether two looks differ in anything that a person could notice. */
export const differs = (before, after) => JSON.stringify(before) !== JSON.stringify(after)

/** What is said, whatever the time is. */
export const spoken = ({ sentences }) => sentences.join().replace(/\d+/g, '#')

/** Recognises the catalogue's sentences in what stands on a screen, with what was put into their places. */
export class Words {
  #patterns

  constructor(catalogue) {
    const escaped = (words) => words.replace(/\s+/g, ' ').replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    // A form for a count is said as the text that it is of.
    this.#patterns = Object.entries(catalogue).map(([key, words]) =>
      [[key.replace(/\.[^.]+$/, ''), key].find((name) => name in catalogue), new RegExp(`^${escaped(words).replace(/\{(\w+)\}/g, '(?<$1>.*?)')}$`, 'u')])
  }

  /** Each sentence that is said, by its key: the values of its places. */
  in(sentences) {
    const found = new Map()
    for (const sentence of sentences) {
      for (const [key, pattern] of this.#patterns) {
        const match = pattern.exec(sentence)
        if (match) found.set(key, { ...match.groups })
      }
    }
    return found
  }
}
