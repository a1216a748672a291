// What a person can do on a page: press anything that is there, type right, wrong and odd things, and everything that happens
// around the page meanwhile. Each takes the walk and its latest look, and answers what it did in a few words; nothing where it
// does not apply.

import { look, spoken } from './look.mjs'
import { totp } from './world.mjs'

const ODD_CODES = ['', '12345', '1234567', '１２３４５６', '123 456', 'abcdef', 'G-123456', '000000', '\u202a123456\u202c', '０９०१२३']
const ODD_NUMBERS = ['', '090', '090-1234-567', 'abc', '+999 1234', '+81 81 90 1234 5678', '0049 151 23456789', '010 81 90-1234-5678', '03-1234-5678', '110',
  'me@example.com', '090-1234-5678 内線5', '(201) 555-0123', '+81']
const ODD_BACKUPS = ['', '1234', '0000-0000-0000-0000', 'ABCD-EFGH-JKMN-PQRS', '123456']
/** Phones, a desk, and a window of 1280 × 1024 at four times its size (WCAG 1.4.10). */
const SIZES = [{ width: 360, height: 640 }, { width: 360, height: 740 }, { width: 320, height: 568 }, { width: 320, height: 256 }, { width: 1280, height: 900 }]
/** What the service may answer whatever was asked, with the shape that it has. */
const REFUSALS = [
  [503, { code: 'unavailable' }], [503, { code: 'timed_out' }], [500, undefined], [502, undefined], [429, { code: 'send_budget_spent', in: 3_000 }],
  [429, { code: 'resend_too_soon', in: 30 }], [429, { code: 'method_resting', in: 40_000 }], [403, { code: 'method_suspended' }],
]

let numbers = Date.now() % 900_000
/** A number that nobody else walks with. */
const freshMobile = () => `090-1${String(++numbers + 1_000_000).slice(-7).replace(/(...)(....)/, '$1-$2')}`
const freshLandline = () => `03-${String(2000 + (++numbers % 7000))}-${String(1000 + (numbers % 8999))}`
const e164 = (number) => `+81${number.replace(/\D/g, '').slice(1)}`

/** Types as hands do: over what is there. */
async function type(walk, at, text) {
  const field = await walk.page.evaluateHandle((at) => window.walkedFields[at], at)
  const element = field.asElement()
  if (!element || !(await element.evaluate((node) => node.isConnected))) return false
  await element.fill(text, { timeout: 2_000, force: true }).catch(() => {})
  walk.typed = { id: walk.seen.fields[at].id, text, step: walk.seen.step }
  return true
}

/** A press of a mouse or finger, where the control stands. */
export async function pressAt(walk, index) {
  const spot = await walk.page.evaluate((index) => {
    const node = window.walkedControls[index]
    // A screen may have come in its place meanwhile.
    if (!node?.isConnected || !node.checkVisibility()) return undefined
    node.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    const { left, top, width, height } = node.getBoundingClientRect()
    const [x, y] = [left + width / 2, top + height / 2]
    const isMet = (hit) => node.isConnected && (node.contains(hit) || Boolean(hit?.contains(node)))
    window.walkedHit = undefined
    addEventListener('pointerdown', () => { window.walkedHit = isMet(document.elementFromPoint(x, y)) }, { capture: true, once: true })
    return { x, y, hits: isMet(document.elementFromPoint(x, y)) }
  }, index)
  if (!spot) return false
  if (!spot.hits) walk.violated('control-is-covered', walk.seen.controls[index].label)
  await walk.page.mouse.click(spot.x, spot.y)
  // What was answered in that very moment has put another screen under the hand: the press was one on nothing.
  walk.missed = spot.hits && await walk.page.evaluate(() => window.walkedHit).catch(() => undefined) === false
  if (walk.missed) walk.misses()
  return true
}

const field = (seen, name) => seen.fields.findIndex(({ id }) => id.startsWith(name))

async function pressAny(walk, { controls, step, kind }) {
  const choices = controls.map((control, index) => ({ ...control, index }))
    .filter(({ tag, href, id, disabled, label }) => !disabled && !(tag === 'a' && !href?.startsWith(walk.world.url)) && id !== 'sign-out'
      // Another program's links: a browser without one for them takes no press after it.
      && !href?.startsWith('otpauth:') && !(tag === 'a' && /phone\.html/.test(href)) && !(tag === 'a' && /lang=/.test(href)) && label)
  if (!choices.length) return undefined
  // Links out of the widget lead away from what is walked: now and then.
  const inside = choices.filter(({ inWidget }) => inWidget)
  const chosen = walk.pick(inside.length && walk.chance(0.9) ? inside : choices)
  walk.cover(kind === 'widget' ? step : kind, chosen.label)
  if (!(await pressAt(walk, chosen.index))) return undefined
  walk.pressed = chosen
  return `press “${chosen.label}”`
}

async function pressEnter(walk, seen) {
  const at = seen.fields.findIndex(({ type }) => type !== 'search')
  if (at < 0) return undefined
  await walk.page.evaluate((at) => window.walkedFields[at].focus(), at)
  await walk.page.keyboard.press('Enter')
  walk.pressed = { tag: 'input', label: `Enter in ${seen.fields[at].id.replace(/\d+$/, '')}` }
  walk.cover(seen.kind === 'widget' ? seen.step : seen.kind, walk.pressed.label)
  return walk.pressed.label
}

async function typeOdd(walk, seen) {
  const all = [['nidan-code', ODD_CODES], ['nidan-second-code', ODD_CODES], ['nidan-number', ODD_NUMBERS], ['nidan-backup', ODD_BACKUPS], ['code', ODD_CODES]]
  for (const [name, odd] of all) {
    const at = field(seen, name)
    if (at < 0) continue
    const texts = walk.person.codes.length && name === 'nidan-code' ? [...odd, walk.person.codes[0]] : odd
    const text = walk.pick(texts)
    if (!(await type(walk, at, text))) return undefined
    return `type ${JSON.stringify(text)} into ${seen.fields[at].id}`
  }
  return undefined
}

/** Presses the main button, else Enter. */
async function submit(walk) {
  const seen = await walk.look()
  const main = seen.controls.findIndex(({ main, disabled }) => main && !disabled)
  if (main < 0) return walk.page.keyboard.press('Enter')
  walk.cover(seen.step, seen.controls[main].label)
  return pressAt(walk, main)
}

async function aged(walk) {
  // Half a minute passes for the app: the same step would be spent.
  await walk.world.databases.service('UPDATE totp SET last_step = last_step - 10 WHERE method_id IN (SELECT id FROM method WHERE subject = ?)', await walk.world.subject())
}

/** What leads on from a screen, done right. */
async function goOn(walk, seen) {
  const { person } = walk
  if (seen.kind === 'plain') return plainOn(walk, seen)
  if (seen.kind === 'shop') return shopOn(walk, seen)
  const code = field(seen, 'nidan-code')
  switch (seen.step) {
    case 'number': {
      const voice = walk.says('number.voice-title')
      const fresh = voice && walk.chance(0.5) ? freshLandline() : freshMobile()
      const again = person.typedNumbers?.length && walk.chance(0.2)
      const number = again ? walk.pick(person.typedNumbers) : fresh
      const at = field(seen, 'nidan-number')
      if (at < 0) return undefined
      ;(person.typedNumbers ??= []).push(number)
      person.numbers.push(e164(number))
      await type(walk, at, walk.chance(0.5) ? number : e164(number))
      await walk.settle()
      await submit(walk)
      return `order a code for ${number}`
    }
    case 'confirm': {
      await type(walk, code, totp(person.keys.at(-1) ?? 'A'.repeat(32), Date.now() / 1000))
      return 'type the app’s code'
    }
    case 'phone-code': return messageCodes(walk, seen, false)
    case 'save-codes': {
      const at = field(seen, 'nidan-backup')
      if (at < 0 || !seen.codes.length) return undefined
      await type(walk, at, walk.pick(seen.codes))
      await walk.settle()
      await submit(walk)
      return 'type a backup code back'
    }
    case 'code': {
      const first = field(seen, 'nidan-code')
      if (first < 0) {
        await submit(walk)
        return 'have the code sent'
      }
      if (walk.says('phone.sms-sent') || walk.says('phone.voice-sent')) return messageCodes(walk, seen, true)
      const typed = await appCodes(walk, seen)
      if (!typed) return undefined
      await walk.settle()
      await submitIfThere(walk)
      return typed
    }
    case 'approval': {
      const at = field(seen, 'nidan-code')
      const shown = at >= 0 && await walk.world.codeOfLaptop()
      if (!shown) {
        await submit(walk)
        return 'ask the other browser'
      }
      await type(walk, at, shown)
      return 'type what the other browser shows'
    }
    case 'temporary': {
      const at = field(seen, 'nidan-backup')
      if (at < 0 || !person.supportsCode) return undefined
      await type(walk, at, person.supportsCode)
      await walk.settle()
      await submit(walk)
      return 'type support’s code'
    }
    case 'backup': {
      const at = field(seen, 'nidan-backup')
      const good = person.codes.shift()
      if (at < 0 || !good) return undefined
      await type(walk, at, good)
      await walk.settle()
      await submit(walk)
      return 'type a backup code'
    }
    default: {
      const main = seen.controls.map((control, index) => ({ ...control, index })).filter(({ main, disabled, inWidget, href }) => main && !disabled && inWidget && !href)
      const others = seen.controls.map((control, index) => ({ ...control, index })).filter(({ tag, disabled, inWidget }) => tag === 'button' && !disabled && inWidget)
      const chosen = walk.pick(main.length && walk.chance(0.7) ? main : others.length ? others : main)
      if (!chosen) return undefined
      walk.cover(seen.step, chosen.label)
      await pressAt(walk, chosen.index)
      walk.pressed = chosen
      return `go on by “${chosen.label}”`
    }
  }
}

async function submitIfThere(walk) {
  const seen = await walk.look()
  if (seen.step === 'code' && seen.fields.some(({ id }) => id.startsWith('nidan-code'))) await submit(walk)
}

async function messageCodes(walk, seen, submits) {
  const message = await walk.world.lastMessage()
  if (!message) return undefined
  const codes = await walk.world.codesOf(message)
  const at = field(seen, 'nidan-code')
  if (at < 0 || !codes[0]) return undefined
  await type(walk, at, codes[0])
  const second = field(seen, 'nidan-second-code')
  if (second >= 0 && codes[1]) await type(walk, second, codes[1])
  await walk.settle()
  if (submits) await submitIfThere(walk)
  return 'type the code of the last message'
}

async function plainOn(walk, seen) {
  const typed = walk.chance(0.5) && await typePlain(walk, seen)
  if (typed) {
    await walk.page.keyboard.press('Enter')
    return `${typed}, without scripts`
  }
  const button = walk.pick(seen.controls.map((control, index) => ({ ...control, index })).filter(({ tag }) => tag === 'button'))
  if (!button) return undefined
  walk.cover('plain', button.label)
  await pressAt(walk, button.index)
  return `press “${button.label}”`
}

/** The right code, in whichever field the page has. */
async function typePlain(walk, seen) {
  const { person } = walk
  const backup = field(seen, 'nidan-backup')
  if (backup >= 0 && person.codes.length) {
    await type(walk, backup, person.codes.shift())
    return 'type a backup code'
  }
  if (field(seen, 'nidan-code') < 0) return undefined
  if (walk.says('phone.sms-sent') || walk.says('phone.voice-sent')) return messageCodes(walk, seen, false)
  return appCodes(walk, seen)
}

/** The app's code of now, and the next one where two are asked for. */
async function appCodes(walk, seen) {
  const key = walk.person.keys.at(-1)
  if (!key) return undefined
  await aged(walk)
  const now = Date.now() / 1000
  await type(walk, field(seen, 'nidan-code'), totp(key, now))
  const second = field(seen, 'nidan-second-code')
  if (second >= 0) await type(walk, second, totp(key, now + 30))
  return second >= 0 ? 'type two of the app’s codes' : 'type the app’s code'
}

async function shopOn(walk, seen) {
  const { page, person } = walk
  const has = (id) => seen.controls.findIndex((control) => control.id === id)
  if (has('manage') >= 0 && walk.chance(0.6)) {
    await pressAt(walk, has('manage'))
    return 'see and change the methods'
  }
  if (has('set-up') >= 0) {
    await pressAt(walk, has('set-up'))
    return 'begin the set-up'
  }
  const email = field(seen, 'email')
  if (email >= 0) {
    if (!person.hasAccount && !(await page.locator('input[autocomplete=new-password]').count())) {
      await page.locator('#page button.quiet').first().click()
      return 'to a new account'
    }
    await type(walk, email, person.email)
    await type(walk, field(seen, 'password'), person.password)
    await page.keyboard.press('Enter')
    person.hasAccount = true
    return 'type address and password'
  }
  const reason = field(seen, 'reason')
  if (reason >= 0) {
    await type(walk, reason, walk.chance(0.8) ? 'came to the desk' : '')
    await page.keyboard.press('Enter')
    return 'say why'
  }
  if (has('staff') >= 0 && walk.chance(0.4)) {
    await pressAt(walk, has('staff'))
    return 'to the administrators’ page'
  }
  const password = field(seen, 'password')
  if (password >= 0) {
    await type(walk, password, person.password)
    // Where it is changed: to the same one, which the person still knows later.
    const another = field(seen, 'new-password')
    if (another >= 0) await type(walk, another, person.password)
    await page.keyboard.press('Enter')
    return 'type the password again'
  }
  if (await page.locator('#state').count()) {
    await page.locator('#page > button.quiet').first().click()
    return 'sign out'
  }
  await page.goto(`${walk.world.url}/?lang=${walk.lang}`)
  return 'open the shop'
}

async function reload(walk) {
  await walk.page.reload()
  walk.reloaded = true
  return 'reload'
}

async function back(walk) {
  // Where it leaves the page, the page comes anew.
  walk.reloaded = true
  await walk.page.goBack({ timeout: 3_000, waitUntil: 'commit' }).catch(() => {})
  if (!walk.page.url().startsWith(walk.world.url)) await walk.page.goto(`${walk.world.url}/?lang=${walk.lang}`)
  return 'the browser’s back'
}

async function resize(walk) {
  const size = walk.pick(SIZES)
  await walk.page.setViewportSize(size)
  walk.resized = true
  return `window of ${size.width} × ${size.height}`
}

async function network(walk) {
  const [mode, steps] = walk.pick([['down', 2], ['slow', 4], ['lost-answer', 2], ['refused', 1]])
  const [status, problem] = walk.pick(REFUSALS)
  Object.assign(walk.world.network, { mode, steps, status, problem })
  return mode === 'refused' ? `the next answer is ${status} ${problem?.code ?? 'HTML'}` : `network: ${mode}`
}

async function timePasses(walk, seen) {
  if (seen.kind !== 'widget') return undefined
  const { databases } = walk.world
  const subject = await walk.world.subject()
  const flows = "(SELECT id FROM flow WHERE subject = ? AND state = 'open')"
  const what = walk.pick(['resend', 'resend', 'code', 'flow'])
  if (what === 'resend') await databases.service(`UPDATE challenge SET sent_at = sent_at - 130 WHERE flow_id IN ${flows}`, subject)
  if (what === 'code') await databases.service(`UPDATE challenge SET expires_at = strftime('%s', 'now') - 1 WHERE flow_id IN ${flows}`, subject)
  if (what === 'flow') await databases.service("UPDATE flow SET expires_at = strftime('%s', 'now') - 1 WHERE subject = ? AND state = 'open'", subject)
  await walk.page.waitForTimeout(1_200)
  return `time passes: ${what}`
}

async function clockIsSet(walk) {
  const hours = walk.pick([-3, 1, 24])
  await walk.page.evaluate((hours) => { const real = Date.now; Date.now = () => real() + hours * 3_600_000 }, hours)
  return `the device’s clock is set by ${hours} h`
}

async function secondTab(walk) {
  const other = await walk.page.context().newPage()
  await other.goto(`${walk.world.url}/?lang=${walk.lang}`)
  await other.waitForTimeout(200)
  if (await other.locator('#set-up').count()) await other.locator('#set-up').click().catch(() => {})
  await other.waitForTimeout(200)
  await other.close()
  return 'a second tab'
}

async function thief(walk, seen) {
  if (walk.world.thief || walk.person.codes.length < 2) return undefined
  // What a report said was true then.
  walk.world.thiefCameAfterReport = seen.step === 'reported'
  await walk.world.letThiefIn()
  return walk.world.thief ? 'a caller gets in with a code that was read to him' : undefined
}

async function laptop(walk, seen) {
  // What a report said was true then.
  if (seen.step === 'reported' || walk.world.laptop || walk.person.codes.length < 2) return undefined
  await walk.world.openLaptop()
  return walk.world.laptop ? 'her other device is signed in and trusted' : undefined
}

/** The person calls support, who may take everything out, or give a code, or both. */
async function support(walk, seen) {
  // The shop says how it was when its page was drawn.
  if (seen.kind === 'shop' || !walk.person.hasAccount || !await walk.world.subject()) return undefined
  const resets = walk.chance(0.4)
  if (resets) Object.assign(walk.person, { codes: [], supportsCode: undefined })
  if (resets && walk.chance(0.4)) {
    await walk.world.support('reset')
    return 'support takes everything out'
  }
  const { code } = await walk.world.support('temporary_code', { minutes: 10, reset: resets })
  walk.person.supportsCode = code
  return `support makes a code${resets ? ' and takes everything out' : ''}`
}

async function askedHere(walk, seen) {
  if (seen.kind !== 'shop' || !walk.shopState) return undefined
  if (!await walk.world.askElsewhere()) return undefined
  // The page looks every three seconds.
  await walk.page.waitForTimeout(3_500)
  return 'a login elsewhere asks this browser'
}

async function wrongKeys(walk, seen) {
  if (!seen.keys) return undefined
  const message = await walk.world.lastMessage()
  if (!message?.keys) return undefined
  await walk.world.press(message, message.keys === '00' ? '11' : '00')
  // Where the stream of events is held up, the page asks after five seconds, and every three from then on.
  for (let turn = 0; turn < 20 && spoken(await look(walk.page)) === spoken(seen); turn++) await walk.page.waitForTimeout(500)
  walk.wrongKeys = true
  return 'wrong keys in the call'
}

async function withoutModule(walk, seen) {
  if (seen.kind !== 'widget' || seen.step !== 'code') return undefined
  await walk.page.route('**/nidan-login_bg*.wasm', (route) => route.abort())
  await walk.page.goto(`${walk.world.url}/?lang=${walk.lang}`)
  const button = walk.page.locator('nidan-flow form.card button')
  await button.waitFor({ timeout: 5_000 }).catch(() => {})
  if (await button.count()) await button.click()
  await walk.page.unroute('**/nidan-login_bg*.wasm')
  return 'without WebAssembly'
}

/** By how often they are chosen. */
export const presses = [
  [44, goOn], [26, pressAny], [10, typeOdd], [5, pressEnter], [2, reload], [3, back], [2, resize], [3, network], [3, timePasses], [1, clockIsSet],
  [1, secondTab], [1, thief], [2, laptop], [2, askedHere], [1, support], [2, wrongKeys], [1, withoutModule],
]
