// Text, call, call without keys, send again, another number, back, reload: each after each, at a login and in a set-up. After
// every one of them the screen shows what the last message to the phone is, and its code leads in at the end.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  addNumber, browser, e164, finish, folder, inJapan, mobile, password, person, press, signUp, title, typeCode, url,
} from './lib.mjs'
import { Words, look } from './walk/look.mjs'
import { Databases, Person, World } from './walk/world.mjs'

const EVENTS = ['text', 'call', 'silent', 'resend', 'other', 'back', 'reload']
/** A screen that has not come after this long does not come. */
const WAIT_MS = 8_000

let shared
let databases
before(async () => { shared = await browser(); databases = new Databases(folder) })
after(async () => { databases.close(); await shared.close() })

/** A de Bruijn sequence: every pair of events, one after the other, once. */
function everyPair(events) {
  const left = new Map(events.map((event) => [event, [...events]]))
  const way = []
  const visit = (event) => {
    while (left.get(event).length) visit(left.get(event).shift())
    way.unshift(event)
  }
  visit(events[0])
  return way
}

test('the table has each event after each', () => {
  const way = everyPair(EVENTS)
  const pairs = new Set(way.slice(1).map((event, place) => `${way[place]} ${event}`))
  assert.equal(pairs.size, EVENTS.length ** 2)
})

class Table {
  constructor(at, email) {
    this.at = at
    this.words = new Words(at.w)
    this.world = new World(Object.assign(new Person(0), { email }), databases, url, process.env.NIDAN_SERVICE)
    this.compared = 0
  }

  async seen() {
    const seen = await look(this.at.page)
    return { ...seen, said: this.words.in(seen.sentences) }
  }

  /** Until the screen says what it is asked for. */
  async until(holds, what) {
    for (const end = Date.now() + WAIT_MS; Date.now() < end;) {
      const seen = await this.seen().catch(() => undefined)
      if (seen && holds(seen)) return seen
      await this.at.page.waitForTimeout(40)
    }
    const { sentences } = await this.seen()
    throw new Error(`never ${what}: ${sentences.join(' | ')}`)
  }

  /** Whether a call is awaited that asks for no keys. */
  async isSilent() {
    const { said, keys } = await this.seen()
    return said.has('phone.voice-sent') && !keys
  }

  async has(key) {
    return await this.at.page.getByRole('button', { name: this.at.w[key], exact: true }).count() > 0
  }

  /** Presses what orders a message, and waits until the screen is about that message. */
  async order(key, did) {
    const before = await this.world.lastMessage()
    await (did ?? (() => press(this.at, key)))()
    for (const end = Date.now() + WAIT_MS; (await this.world.lastMessage())?.id === before?.id;) {
      assert.ok(Date.now() < end, `${key} orders nothing`)
      await this.at.page.waitForTimeout(40)
    }
    await this.compare(key)
  }

  /** What stands on the screen is what the last message is. */
  async compare(what) {
    const message = await this.world.lastMessage()
    const sentence = message.channel === 'sms' ? 'phone.sms-sent' : 'phone.voice-sent'
    const other = message.channel === 'sms' ? 'phone.voice-sent' : 'phone.sms-sent'
    const fits = ({ said, keys }) => said.get(sentence)?.hint === message.hint && [undefined, message.reference].includes(said.get(sentence).reference)
      && !said.has(other) && keys === (message.keys ?? '') && said.has('phone.voice-keys') === Boolean(message.keys)
    const { keys } = await this.until(fits, `${what}: ${JSON.stringify(message)}`)
    // The digits on the screen make the call read its code; the text says the reference.
    const [code] = await this.world.codesOf(message, keys)
    assert.match(code ?? '', /^\d{6}$/, `${what}: the phone gets no code`)
    if (message.channel === 'sms') assert.ok((await this.world.textOf(message)).includes(message.reference), what)
    this.compared += 1
    return code
  }

  /** Thirty seconds and more pass for the code that was sent. */
  async resend() {
    const [flow] = (await databases.service("SELECT id FROM flow WHERE subject = ? AND state = 'open'", await this.world.subject()))[0]
    const again = ['phone.resend', 'phone.call-again'].map((key) => this.at.w[key])
    await databases.service('UPDATE challenge SET sent_at = sent_at - 130 WHERE flow_id = ?', flow)
    await this.until(({ controls }) => controls.some(({ label }) => again.includes(label)), 'a way to send again')
    const { said } = await this.seen()
    await this.order(said.has('phone.voice-sent') ? 'phone.call-again' : 'phone.resend')
  }
}

const isAwaited = ({ said }) => said.has('phone.sms-sent') || said.has('phone.voice-sent')

/** What each event is at a login. */
const atLogin = {
  async text(table) {
    if (await table.has('login.sms-send')) return table.order('login.sms-send')
    if (await table.has('phone.sms-instead')) return table.order('phone.sms-instead')
    return table.compare('a text that is awaited already')
  },
  async call(table) {
    if (await table.has('number.call-instead')) return table.order('number.call-instead')
    return table.compare('a call that is awaited already')
  },
  async silent(table) {
    if (await table.isSilent()) return table.compare('a call without keys that is awaited already')
    if (!(await table.has('number.without-keys'))) await table.order('number.call-instead')
    return table.order('number.without-keys')
  },
  async resend(table) {
    if (!isAwaited(await table.seen())) await table.order('login.sms-send')
    return table.resend()
  },
  async other(table) {
    table.place = 1 - (table.place ?? 0)
    await press(table.at, 'login.another')
    await title(table.at, 'login.ways-title')
    await table.at.page.getByRole('button', { name: table.at.w['login.way-sms'].split('{')[0] }).nth(table.place).click()
    // Where a code of this number is awaited already, it stands there.
    const seen = await table.until((seen) => isAwaited(seen) || seen.said.has('login.sms-send'), 'a number')
    return isAwaited(seen) ? table.compare('the other number, kept') : table.order('login.sms-send')
  },
  async back(table) {
    const before = isAwaited(await table.seen())
    await press(table.at, 'login.another')
    await title(table.at, 'login.ways-title')
    await press(table.at, 'common.back')
    await title(table.at, 'login.title')
    if (before) await table.compare('back')
  },
  async reload(table) {
    await table.at.page.reload()
    table.place = 0
    await table.until(({ said }) => said.has('login.sms-send'), 'a fresh login')
  },
}

test('at a login: what is shown is what was sent last, in every order', { timeout: 240_000 }, async () => {
  const at = await person(shared, { lang: 'en' })
  const email = await signUp(at)
  await at.page.locator('#set-up').click()
  await press(at, 'start.begin')
  await addNumber(at)
  await title(at, 'another.title')
  await addNumber(at)
  await finish(at)
  await password(at, email)
  await title(at, 'login.title')
  const table = new Table(at, email)
  for (const event of everyPair(EVENTS)) await atLogin[event](table)
  if (!isAwaited(await table.seen())) await table.order('login.sms-send')
  const code = await table.compare('the end')
  await typeCode(at, code)
  await press(at, 'login.submit')
  await at.page.locator('#state').waitFor()
  console.log(`# ${table.compared} screens compared with the last message`)
  assert.deepEqual(at.complaints, [])
  await at.context.close()
})

/** What each event is in a set-up. */
const inSetUp = {
  async text(table) {
    if (await table.has('phone.sms-instead')) return table.order('phone.sms-instead')
    if (await table.has('number.sms-send')) return table.order('number.sms-send')
    return table.compare('a text that is awaited already')
  },
  async call(table) {
    if (await table.has('number.voice-send')) return table.order('number.voice-send')
    if (await table.has('number.sms-send')) await table.order('number.sms-send')
    if (await table.has('number.call-instead')) return table.order('number.call-instead')
    return table.compare('a call that is awaited already')
  },
  async silent(table) {
    await inSetUp.call(table)
    if (await table.isSilent()) return table.compare('a call without keys that is awaited already')
    await press(table.at, 'phone.change')
    await title(table.at, 'number.voice-title')
    return table.order('number.without-keys')
  },
  async resend(table) {
    if (!isAwaited(await table.seen())) await inSetUp.text(table)
    return table.resend()
  },
  async other(table) {
    if (isAwaited(await table.seen())) await press(table.at, 'phone.change')
    await table.at.page.locator('#nidan-number').fill(e164(mobile()))
    return table.order((await table.has('number.voice-send')) ? 'number.voice-send' : 'number.sms-send')
  },
  async back(table) {
    if (!isAwaited(await table.seen())) return undefined
    await press(table.at, 'common.back')
    await table.at.page.locator('#nidan-number').waitFor()
    // The same number again: the code that is on its way, or a new one where a call now waits for keys.
    await press(table.at, (await table.has('number.voice-send')) ? 'number.voice-send' : 'number.sms-send')
    await table.until(isAwaited, 'the code')
    return table.compare('back, and on')
  },
  async reload(table) {
    await table.at.page.reload()
    await toNumber(table.at)
  },
}

async function toNumber(at) {
  await at.page.locator('#set-up').click()
  await press(at, 'start.begin')
  await press(at, 'method.sms-use')
  await inJapan(at)
  await at.page.locator('#nidan-number').fill(e164(mobile()))
}

test('in a set-up: what is shown is what was sent last, in every order', { timeout: 240_000 }, async () => {
  const at = await person(shared, { lang: 'ja' })
  const email = await signUp(at)
  await toNumber(at)
  const table = new Table(at, email)
  for (const event of everyPair(EVENTS)) await inSetUp[event](table)
  if (!isAwaited(await table.seen())) await inSetUp.text(table)
  const code = await table.compare('the end')
  await typeCode(at, code)
  await title(at, 'another.title')
  console.log(`# ${table.compared} screens compared with the last message`)
  assert.deepEqual(at.complaints, [])
  await at.context.close()
})
