// What few people read, fetched when somebody opens it: what speaks for each method, authenticator apps compared, common
// questions, the host's figures, and what support asks for. It adds to what is on the screen and changes nothing there.

/** When somebody last compared the facts below with their sources (ISO 8601; docs/apps.md). */
export const VERIFIED_ON = '2026-11-23'

/** Authenticator apps: those that most people know first, then the open-source ones. `backup`: how entries survive a lost phone. */
export const APPS = [
  { name: 'Google Authenticator', runsOn: 'Android, iPhone', backup: 'app.backup-account', account: 'Google', devices: true, note: 'app.note-google' },
  { name: 'Microsoft Authenticator', runsOn: 'Android, iPhone', backup: 'app.backup-account', account: 'Microsoft / iCloud', devices: false, note: 'app.note-microsoft' },
  { name: 'Authy', runsOn: 'Android, iPhone', backup: 'app.backup-password', devices: true, note: 'app.note-authy' },
  { name: 'app.apple', runsOn: 'iPhone, iPad, Mac', backup: 'app.backup-encrypted', devices: true, note: 'app.note-apple' },
  { name: 'Aegis', runsOn: 'Android', backup: 'app.backup-file', devices: false, note: 'app.note-aegis' },
  { name: 'Ente Auth', runsOn: 'Android, iPhone, Windows, Mac, Linux', backup: 'app.backup-encrypted', devices: true, note: 'app.note-ente' },
]

/** What each kind of method is called, needs, and what speaks for it and against it. */
const METHODS = {
  totp: ['method.totp-name', 'method.totp-needs', 'method.totp-strengths', 'method.totp-weaknesses'],
  sms: ['method.sms-name', 'method.sms-needs', 'method.sms-strengths', 'method.sms-weaknesses'],
  voice: ['method.voice-name', 'method.voice-needs', 'method.voice-strengths', 'method.voice-weaknesses'],
  passkey: ['method.passkey-name', 'method.passkey-needs', 'method.passkey-strengths', 'method.passkey-weaknesses'],
}
const FACTS = ['method.needs', 'method.strengths', 'method.weaknesses']

const QUESTIONS = [
  ['guide.ask-need', 'guide.need'], ['guide.ask-always', 'guide.always'], ['guide.ask-change', 'guide.change'],
  ['guide.ask-lost', 'guide.lost'], ['guide.ask-unasked', 'guide.unasked'], ['guide.ask-off', 'guide.off'],
]

const STATES = {
  queued: 'state.queued', accepted: 'state.accepted', unknown: 'state.unclear', delivered: 'state.delivered', failed: 'state.failed',
  wrong_digits: 'phone.wrong-digits',
}

/** A text with its places filled. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, place) => values[place] ?? '')

/**
 * The nodes that tell about a topic.
 * @param {import('./page.js').Page} page
 */
export async function tell(page, topic, { loadJson, make }) {
  const catalogue = await loadJson(`locales/guide.${page.locale}.json`)
  const say = (key, values = {}) => fill(page.messages[key] ?? catalogue[key] ?? key, values)
  const node = (tag, properties, ...inside) => {
    const made = make(tag, properties)
    made.append(...inside)
    return made
  }
  const text = (tag, words, properties) => node(tag, properties, words)
  const help = (words) => text('p', words, { className: 'nidan-help' })
  const topics = {
    apps() {
      const cell = (key, words) => { const made = text('td', words); made.dataset.label = say(key); return made }
      const row = ({ name, runsOn, backup, account, devices, note }) => node('tr', {},
        node('th', { scope: 'row' }, text('span', say(name)), help(say(note))),
        cell('app.column-runs-on', runsOn), cell('app.column-backup', say(backup, { account })),
        cell('app.column-devices', say(devices ? 'common.yes' : 'common.no')))
      const columns = ['app.column-app', 'app.column-runs-on', 'app.column-backup', 'app.column-devices']
      return [
        node('table', { className: 'nidan-apps', ariaLabel: say('app.table-label') },
          node('thead', {}, node('tr', {}, ...columns.map((key) => text('th', say(key), { scope: 'col' })))),
          node('tbody', {}, ...APPS.map(row))),
        help(say('app.verified-on', { date: day(page, VERIFIED_ON) })),
        text('p', say('guide.app-backup')), text('p', say('guide.app-lock')),
      ]
    },

    methods: () => page.view.policy.methods.filter((kind) => METHODS[kind]).flatMap((kind) => {
      const [name, ...facts] = METHODS[kind]
      return [text('h3', say(name)), node('dl', {}, ...facts.flatMap((fact, index) => [text('dt', say(FACTS[index])), text('dd', say(fact))]))]
    }),

    questions: () => QUESTIONS.map(([ask, answer]) => node('details', {}, text('summary', say(ask)), text('p', say(answer)))),

    /** The host's own, each with its source; nothing where it has none. */
    figures: () => (page.view.figures ?? []).flatMap(({ text: words, source, source_url: href, as_of: asOf }) => {
      const named = say('guide.source', { source, date: day(page, asOf) })
      const isLink = href?.startsWith('https:')
      return [text('p', words), node('p', { className: 'nidan-help' }, isLink ? text('a', named, { href, target: '_blank', rel: 'noopener' }) : named)]
    }),

    /** What support needs to know: no code, no secret, two digits of a number at most. */
    async slip() {
      const { issuer, account_name: account, methods, verification, support_hours: hours } = page.view
      const lines = []
      if (verification) {
        const ways = methods.map(({ kind }) => say(METHODS[kind]?.[0] ?? kind)).join(' / ')
        lines.push(say('login.summary', { issuer, account, ways, count: page.number(verification.backup_codes_left), date: page.date(page.now()) }))
      }
      const sent = page.tried.findLast(({ reference }) => reference)
      // The last message's delivery status now; where nobody answers, the one that was known.
      const [ok, now] = sent ? await page.request(`/v1/flow/challenges/${sent.id}`).catch(() => []) : []
      if (sent) {
        const { channel, hint, reference, delivery } = ok ? now : sent
        lines.push(say('help.summary', { channel: say(METHODS[channel]?.[0]), hint, reference, state: say(STATES[delivery]), date: page.date(page.now()) }))
      }
      const tried = () => page.tried.map((one) => `${page.date(one.at)} ${triedWords(say, one)}`)
      const list = node('ul', { className: 'nidan-help' }, ...tried().map((line) => text('li', line)))
      const status = make('p', { className: 'nidan-help', role: 'status' })
      const copy = text('button', say('help.copy'), { type: 'button', className: 'nidan-quiet' })
      copy.setAttribute('part', 'button')
      copy.onclick = async () => {
        // At once, and not after an answer: browsers let a page write there only within the press.
        const whole = [...lines, ...(page.tried.length ? [say('guide.tried'), ...tried()] : [])].join('\n')
        status.textContent = say(await page.copy(whole).then(() => 'add.copied', () => 'add.copy-failed'))
      }
      return [
        text('p', say('guide.prepare')), ...(hours ? [text('p', hours)] : []), ...lines.map(help),
        ...(page.tried.length ? [text('p', say('guide.tried'), { className: 'nidan-help' }), list] : []), copy, status,
      ]
    },
  }
  return topics[topic]()
}

/** A day of the calendar (ISO 8601), whatever the time zone. */
const day = ({ locale }, iso) => new Date(iso).toLocaleDateString(locale, { dateStyle: 'long', timeZone: 'UTC' })

/** One line of what a person did: a message that was asked for, or a code that was typed. */
export function triedWords(say, { path, answered, code, channel, reference }) {
  const results = { code_wrong: 'guide.wrong', undefined: answered ? 'guide.right' : 'guide.unanswered' }
  const result = results[code] ? say(results[code]) : code
  if (/\/(answer|verification)$/.test(path)) return say('guide.tried-code', { result })
  if (!reference) return say('guide.tried-refused', { result })
  return say(channel === 'voice' ? 'guide.tried-voice' : 'guide.tried-sms', { reference })
}
