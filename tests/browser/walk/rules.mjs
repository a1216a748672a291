// What holds on every screen, after every step. A rule that is broken is named; its words are for whoever mends it.

import { spoken } from './look.mjs'

const BRANDS = ['Nidan Shop', '二段ショップ']
/** Sentences that exclude each other: no screen says both. */
const PAIRS = [
  ['phone.sms-sent', 'phone.voice-sent'], ['phone.sms-sent', 'login.app'], ['phone.voice-sent', 'login.app'], ['phone.sms-sent', 'login.two-app'],
  ['phone.sms-sent', 'login.sms-ask'], ['phone.voice-sent', 'login.voice-ask'], ['phone.voice-keys', 'phone.sms-sent'],
  ['phone.code-wrong', 'phone.code-spent'], ['phone.code-expired', 'phone.queued'], ['phone.code-expired', 'phone.accepted'],
  ['phone.code-expired', 'phone.delivered'], ['phone.failed', 'phone.delivered'], ['phone.failed', 'phone.accepted'],
  ['login.resting', 'login.submit'], ['login.suspended', 'login.submit'], ['login.resting', 'phone.code-label'], ['login.suspended', 'phone.code-label'],
  ['login.not-now', 'phone.later'], ['phone.later', 'phone.resend'], ['phone.later', 'phone.call-again'], ['phone.voice-sent', 'phone.resend'], ['phone.sms-sent', 'phone.call-again'], ['phone.not-now', 'phone.resend'], ['login.not-now', 'phone.resend'],
  ['phone.resends-spent', 'phone.resend-in'], ['phone.resends-spent', 'phone.resend'], ['number.preview', 'phone.too-short'], ['number.preview', 'phone.too-long'],
  ['trouble.unreachable', 'trouble.server'], ['post.unreachable', 'post.server'], ['reported.title', 'login.submit'], ['login.send-new', 'phone.accepted'],
  ['login.send-new', 'phone.delivered'], ['start.now', 'start.later'], ['start.now', 'start.later-both'], ['start.advice', 'start.required'],
]
/** After a wrong code one of these stands there. */
const SAYS_WRONG = ['login.wrong', 'login.wrong-clock', 'login.wrong-third', 'login.pair-wrong', 'login.pair-last', 'login.backup-last', 'phone.code-spent', 'phone.code-wrong', 'login.backup-wrong', 'login.used', 'confirm.wrong', 'confirm.wrong-again']
/** The person's own connection is named as the cause. */
const BLAMES_CONNECTION = ['phone.unreachable', 'trouble.unreachable']
/** Ways on from a message that does not come. */
const OTHER_WAYS = ['number.call-instead', 'phone.sms-instead', 'method.use', 'phone.change', 'method.sms-use', 'method.voice-use']

function waysOn(walk, { seen }) {
  if (seen.kind === 'shop' || !seen.heading) return
  const inside = seen.controls.filter(({ inWidget, disabled, tag, label }) => inWidget && !disabled && tag !== 'summary' && label !== walk.w['common.support'])
  // A final post on its way has nothing to press; once it was refused, there is a button again.
  const waits = ['loading', 'completed'].includes(seen.step) || walk.says('post.sending')
  if (!inside.length && !waits) walk.violated('no-way-on', seen.heading.text)
}

function views(walk, { seen, before }) {
  if (seen.kind === 'shop' || walk.resized || walk.missed) return
  const isNew = before.step !== seen.step || before.kind !== seen.kind || before.heading?.text !== seen.heading?.text
  // Whoever types into the field that stood before the module stays where they type.
  const typesOn = !before.step && walk.typed
  // In a window that is hardly higher than the field, the heading is above it. Without a script the browser itself leads there.
  const isInField = seen.kind === 'plain' || seen.fields.some(({ focused }) => focused)
  const leadsToField = isInField && walk.page.viewportSize().height < 300
  if (isNew && seen.heading && !seen.heading.inView && !typesOn && !leadsToField) walk.violated('heading-out-of-view', seen.heading.text)
  const known = new Set(before.errors.map(({ text }) => text))
  const fresh = seen.errors.filter(({ text }) => !known.has(text))
  if (fresh.some(({ inView }) => !inView)) walk.violated('error-out-of-view', fresh[0].text)
  if (seen.timeLeft.some(({ inView }) => !inView)) walk.violated('time-left-out-of-view')
}

function focus(walk, { seen, before }) {
  if (walk.missed) return
  // Without a step there was only the field that stands before the module comes: login.test.mjs looks at that moment.
  if (before.step && seen.step && seen.kind === 'widget' && before.kind === 'widget' && before.step !== seen.step && before.focus === 'inside' && seen.focus === 'body'
    && !['loading', 'completed'].includes(seen.step)) walk.violated('focus-lost', `${before.step} → ${seen.step}`)
}

function change(walk, { seen, before, did }) {
  const { mode } = walk.world.network
  if (!walk.pressed || walk.missed || mode === 'slow') return
  // A form that does not get through is the browser's own to tell.
  if (seen.kind === 'plain' && mode !== 'good') return
  if (seen.kind === 'shop' && seen.isIncomplete) return
  // An error that stands there says why not.
  if (seen.errors.some(({ inView }) => inView)) return
  const silent = ['common.support', 'codes.copy', 'codes.download', 'codes.print', 'add.copy-key', 'help.copy', 'add.open-app'].map((key) => walk.w[key])
  // A site's name leads to its first page, from there too.
  if (seen.kind === 'shop' && BRANDS.includes(walk.pressed.label)) return
  if (silent.includes(walk.pressed.label) || walk.pressed.country) return
  // Time alone changes seconds and ticks.
  const still = ({ sentences, focus, ...look }) => JSON.stringify({ ...look, sentences: sentences.map((words) => words.replace(/\d+/g, '#')) })
  if (still(before) === still(seen) && !walk.asked && !walk.world.left) walk.violated('dead-press', walk.pressed.label.replace(/\d+/g, '#'), did)
}

async function awaited(walk, { seen }) {
  if (seen.kind !== 'widget' || !['code', 'phone-code'].includes(seen.step)) return
  const said = walk.said.get('phone.sms-sent') ?? walk.said.get('phone.voice-sent')
  if (walk.says('phone.voice-keys') && !/^\d\d$/.test(seen.keys)) walk.violated('keys-missing')
  // An answer that never came, or is on its way: the page cannot know.
  if (!said || walk.world.order !== 'answered' || walk.world.pending > 0) return
  const message = await walk.world.lastMessage()
  if (!message || message.flowState !== 'open') return
  const channel = walk.says('phone.sms-sent') ? 'sms' : 'voice'
  if (message.channel !== channel) walk.violated('shown-is-not-awaited', `a ${message.channel} is awaited, a ${channel} is shown`)
  else if (said.hint !== message.hint) walk.violated('shown-is-not-awaited', `number ${said.hint}, sent to ${message.hint}`)
  else if (said.reference !== undefined && said.reference !== message.reference) walk.violated('shown-is-not-awaited', `reference ${said.reference}, sent ${message.reference}`)
  else if ((message.keys ?? '') !== seen.keys) walk.violated('shown-is-not-awaited', `keys ${seen.keys || 'none'}, the call wants ${message.keys ?? 'none'}`)
  if (channel === 'sms' && message.channel === 'sms') {
    const text = await walk.world.textOf(message)
    if (text && said.reference && !text.includes(said.reference)) walk.violated('shown-is-not-awaited', `the message does not say ${said.reference}`)
  }
}

function pairs(walk) {
  for (const [one, other] of PAIRS) if (walk.says(one) && walk.says(other)) walk.violated('sentences-exclude-each-other', `${one} + ${other}`)
}

async function truths(walk, { seen, before }) {
  if (walk.world.pending > 0) return
  // Asked where something claims to know.
  const claims = ['reported.title', 'done.title', 'login.way-backup', 'login.few', 'ended.expired', 'ended.on-title', 'login.two-app-now', 'done.codes',
    'reported.quiet', 'reported.logins', 'reported.host', 'login.not-now', 'phone.later', 'report.send']
  if (walk.says('start.later-both')) {
    const left = await walk.world.skipsLeft()
    if (left !== undefined && Number(walk.said.get('start.later-both').count) !== left) walk.violated('skips-are-not-so', `${left} are left`)
  }
  const state = walk.shopState
  if (!claims.some((key) => walk.says(key)) && state === undefined) return
  const truth = await walk.world.truth()
  if (walk.says('reported.quiet') && truth.logins > 0 && !walk.world.thiefCameAfterReport) walk.violated('false-comfort', 'somebody did get in')
  if (walk.says('reported.logins') && truth.logins === 0) walk.violated('false-alarm', 'nobody got in')
  if (walk.says('reported.title') && truth.thiefIsIn && !walk.world.thiefCameAfterReport) {
    // The host hears of it by a notice, within a second or two.
    await walk.page.waitForTimeout(2_500)
    if (await walk.world.thiefIsIn()) walk.violated('false-comfort', 'who got in is still in')
  }
  if (walk.says('reported.title') && truth.trusted > 0 && !walk.world.thiefCameAfterReport) walk.violated('false-comfort', 'a browser is still trusted')
  if (walk.says('done.title') && !truth.methods.length) walk.violated('said-on-is-off')
  if (walk.says('ended.expired') && truth.methods.length && before.kind === 'widget') walk.violated('said-off-is-on')
  if (state !== undefined && state !== truth.methods.length > 0) walk.violated(state ? 'said-on-is-off' : 'said-off-is-on')
  // What says “earlier” gives its reason.
  if (walk.says('login.two-app-now') && !walk.says('login.two-app') && truth.wrong === 0) walk.violated('two-codes-without-a-reason')
  const numbers = truth.methods.filter(([, , index]) => index).map(([kind, , index]) => kind + index)
  if (new Set(numbers).size < numbers.length) walk.violated('one-number-twice')
  if (seen.step === 'code' && (walk.says('login.not-now') || walk.says('phone.later')) && truth.sent < 4 && !walk.wasRefused) walk.violated('own-text-refused', `after ${truth.sent} messages`)
}

function words(walk, { seen, before }) {
  for (const [key, places] of walk.said) if (['0', '０'].includes(places.left)) walk.violated('zero-tries-left', key)
  const wrong = walk.world.answers.some(({ code }) => code === 'code_wrong')
  if (wrong && !walk.pendingAnswer && ['code', 'backup', 'phone-code'].includes(seen.step) && seen.step === before.step && !SAYS_WRONG.some((key) => walk.says(key))) {
    walk.violated('wrong-code-not-called-wrong', seen.errors.map(({ text }) => text).join(' / '))
  }
  const down = walk.world.answers.some(({ status, code }) => status >= 500 && (code || status === 500))
  if (down && BLAMES_CONNECTION.some((key) => walk.says(key))) walk.violated('service-down-blames-the-connection')
  const typed = walk.typed
  if (typed && walk.person.everyCode?.has(typed.text) && typed.id.startsWith('nidan-code') && walk.says('confirm.not-digits')) walk.violated('backup-code-called-not-digits')
  if (typed?.text.startsWith('+81 81') && walk.says('phone.too-long')) walk.violated('doubled-country-code-called-too-long')
  if (seen.step === 'code' && (walk.says('phone.sms-sent') || walk.says('phone.voice-sent')) && !walk.says('help.title')) walk.violated('no-help-at-login')
  if (seen.step === 'phone-help' && !OTHER_WAYS.some((key) => walk.says(key))) walk.violated('help-without-a-way-on')
  // In a call that has ended nobody presses anything any more.
  if (walk.wrongKeys && !spoken(before).includes(walk.w['phone.wrong-digits']) && spoken(before) === spoken(seen)) walk.violated('wrong-keys-unsaid')
  if (walk.reloaded && /two-step=on/.test(seen.url)) walk.violated('reload-says-done-again')
}

function typing(walk, { seen, before }) {
  if (walk.typed && (walk.pressed || !walk.typed.text)) return
  // Where two pages have a step of the same name, the field is another one.
  if (before.heading?.text !== seen.heading?.text) return
  if (before.step !== seen.step || before.kind !== 'widget' || seen.kind !== 'widget' || walk.world.ordered || walk.reloaded || !walk.isIdle) return
  for (const { id, value } of before.fields) {
    const now = seen.fields.find((field) => field.id === id)
    if (value && now && !now.value) walk.violated('typed-is-lost', id)
  }
}

const checked = new Map()
async function links(walk, { seen }) {
  for (const { tag, href } of seen.controls) {
    if (tag !== 'a' || !href || href.startsWith('mailto:') || href.startsWith('tel:') || href.startsWith('otpauth:')) continue
    if (!checked.has(href)) {
      const isOurs = href.startsWith(walk.world.url)
      const lives = isOurs ? await fetch(href).then(({ ok }) => ok, () => false) : false
      checked.set(href, lives)
    }
    if (!checked.get(href)) walk.violated('dead-link', new URL(href).host === new URL(walk.world.url).host ? new URL(href).pathname : href)
  }
}

export const rules = [waysOn, views, focus, change, awaited, pairs, truths, words, typing, links]
