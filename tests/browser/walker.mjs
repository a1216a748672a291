// Walks at random through the shop, the widget and the page without scripts, against the real service: presses every button
// and link, types right, wrong and odd things, goes back, reloads, resizes, loses the network, gets answers late, refused or
// never, lets time pass, opens a second tab, lets a thief in. After every step it holds the rules of walk/rules.mjs.
//
//   node walker.mjs [--seed N] [--walks N] [--steps N] [--jobs N] [--trace]
//
// A walk is replayed by its own seed: `--seed N --walks 1 --trace`. What is known to be wrong stands in walk/known.json by
// its name and the screens where it is met; anything else fails the run.

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { device } from './device.mjs'
import { browser, folder, inFirefox, url } from './lib.mjs'
import { Words, look } from './walk/look.mjs'
import { presses } from './walk/presses.mjs'
import { rules } from './walk/rules.mjs'
import { Databases, Person, World } from './walk/world.mjs'

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' }, walks: { type: 'string', default: '20' }, steps: { type: 'string', default: '200' },
    jobs: { type: 'string', default: '2' }, trace: { type: 'boolean', default: false },
  },
})
const [firstSeed, walks, steps, jobs] = ['seed', 'walks', 'steps', 'jobs'].map((name) => Number(options[name]))
/** Steps that could not be taken, with why. */
const broken = []
const known = JSON.parse(readFileSync(new URL('walk/known.json', import.meta.url)))
const catalogues = Object.fromEntries(['ja', 'en'].map((lang) => [lang, JSON.parse(readFileSync(new URL(`../../locales/${lang}.json`, import.meta.url)))]))
/** A look waits for answers that are on their way no longer than this. */
const SETTLE_MS = 4_000

/** Found violations by name and screen: how often, and how to meet them again. */
const found = new Map()
/** Screens × what was pressed on them. */
const covered = new Map()
/** Presses that met another screen than they were meant for. */
let missed = 0

/** mulberry32: small, seeded, the same everywhere. */
function randomness(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

class Walk {
  constructor(seed, page, world, lang) {
    Object.assign(this, { seed, page, world, lang, person: world.person, w: catalogues[lang] })
    this.random = randomness(seed)
    this.words = new Words(this.w)
    this.step = 0
    this.log = []
  }

  chance(share) {
    return this.random() < share
  }

  pick(list) {
    return list[Math.floor(this.random() * list.length)]
  }

  says(key) {
    return this.said.has(key)
  }

  cover(screen, label) {
    const name = label.replace(/[\d•]+/g, '#').slice(0, 40)
    const labels = covered.get(screen) ?? covered.set(screen, new Map()).get(screen)
    labels.set(name, (labels.get(name) ?? 0) + 1)
  }

  violated(name, detail = '') {
    const screen = this.seen?.kind === 'widget' ? this.seen.step : (this.seen?.kind ?? '')
    // Each pair of sentences is a violation of its own.
    const id = name === 'sentences-exclude-each-other' ? `${name} @ ${screen} ${detail}` : `${name} @ ${screen}`
    const entry = found.get(id) ?? { name, screen, times: 0, seed: this.seed, step: this.step, detail, log: this.log.slice(-8) }
    entry.times += 1
    found.set(id, entry)
    if (options.trace) console.log(`    ✗ ${id}: ${detail}`)
  }

  /** A press that met nothing. */
  misses() {
    missed += 1
  }

  /** Until what was asked is answered, and drawn. */
  async settle() {
    const end = Date.now() + SETTLE_MS
    const drawn = () => this.page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => setTimeout(done, 12)) })).catch(() => {})
    await drawn()
    while (this.world.pending > 0 && Date.now() < end) await new Promise((done) => setTimeout(done, 10))
    await drawn()
  }

  async look() {
    for (let turn = 0; ; turn++) {
      try {
        this.seen = await look(this.page)
        break
      } catch (error) {
        // The page is being left.
        if (turn > 20) throw error
        await this.page.waitForTimeout(50)
      }
    }
    this.said = this.words.in(this.seen.sentences)
    return this.seen
  }

  async remember() {
    const { seen, person, world } = this
    if (seen.key && person.keys.at(-1) !== seen.key) person.keys.push(seen.key)
    if (seen.codes.length) {
      world.copiedCodes = true
      if (person.codes[0] !== seen.codes[0]) person.codes = [...seen.codes]
      person.everyCode = new Set([...(person.everyCode ?? []), ...seen.codes])
    }
    if (seen.kind === 'shop') world.copiedCodes = false
    const state = seen.kind === 'shop' && await this.page.locator('#state').textContent({ timeout: 200 }).catch(() => undefined)
    this.shopState = state ? /^(オン|On)$/.test(state) : undefined
  }

  async take() {
    const { world } = this
    const before = this.seen
    Object.assign(this, { pressed: undefined, typed: undefined, reloaded: false, resized: false, wrongKeys: false, missed: false })
    world.answers = []
    world.ordered = false
    this.asked = 0
    // What comes after a set-up is walked as often as the set-up: whoever has none yet is led to one.
    const eager = before.kind === 'shop' || (this.seed % 3 && !this.person.codes.length)
    const weights = presses.map(([weight, act]) => (act.name === 'goOn' && eager ? weight * 4 : weight))
    let at = this.random() * weights.reduce((sum, weight) => sum + weight, 0)
    const [, act] = presses.find((_, place) => (at -= weights[place]) < 0)
    const did = await act(this, before)
    if (!did) return
    this.log.push(`${before.kind === 'widget' ? before.step : before.kind}: ${did}`)
    if (options.trace) console.log(`${this.step} ${this.log.at(-1)}`)
    await this.settle()
    await this.look()
    await this.remember()
    this.isIdle = world.pending === 0
    this.wasRefused ||= world.answers.some(({ faked }) => faked)
    for (const rule of rules) await rule(this, { seen: this.seen, before, did })
    if (world.network.steps > 0 && --world.network.steps === 0) world.network.mode = 'good'
  }
}

/** What the network does to a request of the widget. */
async function answered(walk, route) {
  const { network } = walk.world
  const request = route.request()
  const path = new URL(request.url()).pathname
  const orders = request.method() === 'POST' && /\/challenges(\/[^/]+\/resend)?$/.test(path)
  if (path.endsWith('/events') && network.mode === 'good') return route.continue()
  walk.asked += 1
  if (orders) Object.assign(walk.world, { order: 'asked', ordered: true })
  if (network.mode === 'down') return route.abort()
  if (network.mode === 'slow') await new Promise((done) => setTimeout(done, 400))
  if (network.mode === 'refused' && request.method() === 'POST') {
    const { status, problem } = network
    network.mode = 'good'
    const body = problem && { code: problem.code, ...(problem.in && { retry_at: Math.floor(Date.now() / 1000) + problem.in }) }
    walk.world.answers.push({ status, code: problem?.code, faked: true })
    return route.fulfill({ status, ...(body ? { json: body } : { body: '<html>', contentType: 'text/html' }) })
  }
  let answer
  try {
    answer = await route.fetch()
  } catch {
    return route.abort().catch(() => {})
  }
  const json = await answer.json().catch(() => undefined)
  // The page never knows what was lost on its way.
  if (network.mode === 'lost-answer') return route.abort().catch(() => {})
  walk.world.answers.push({ status: answer.status(), code: json?.code })
  await route.fulfill({ response: answer }).catch(() => {})
  if (orders && answer.ok()) walk.world.order = 'answered'
}

async function walkOnce(shared, databases, seed) {
  const lang = seed % 2 ? 'ja' : 'en'
  const isPhone = seed % 3 > 0
  const context = await shared.newContext({
    locale: lang === 'ja' ? 'ja-JP' : 'en-US', viewport: isPhone ? { width: 360, height: 740 } : { width: 1280, height: 900 },
    hasTouch: isPhone, isMobile: isPhone, timezoneId: 'Asia/Tokyo',
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url })
  await context.addInitScript(() => {
    addEventListener('nidan-step', ({ target, detail }) => { target.walkedStep = detail.step }, true)
    window.print = () => {}
  })
  const page = await context.newPage()
  page.setDefaultTimeout(5_000)
  // In one walk of four the device does not know the finger.
  if (!inFirefox) await device({ page, context }, { isUserVerified: seed % 4 > 0 })
  const world = new World(new Person(seed), databases, url, process.env.NIDAN_SERVICE)
  const walk = new Walk(seed, page, world, lang)
  world.pending = 0
  const isOurs = (request) => request.url().startsWith(`${url}/`)
  const counts = (request) => isOurs(request) && !request.url().endsWith('/events')
  page.on('request', (request) => {
    if (counts(request)) world.pending += 1
    if (request.url().startsWith('http') && !isOurs(request)) walk.violated('foreign-request', request.url())
  })
  const over = (request) => { if (counts(request)) world.pending = Math.max(0, world.pending - 1) }
  page.on('requestfinished', over)
  page.on('requestfailed', over)
  page.on('framenavigated', (frame) => { if (frame === page.mainFrame()) world.pending = 0 })
  page.on('pageerror', ({ message }) => walk.violated('error-in-the-page', message))
  page.on('console', (message) => {
    const text = message.text()
    // What the walk itself has cut off is told to the page's owner, as it should be.
    if (message.type() === 'error' && !/^Failed to load resource|^nidan-flow: Failed to fetch/.test(text)) walk.violated('error-in-the-console', text)
  })
  page.on('dialog', (dialog) => dialog.accept().catch(() => {}))
  await page.route('**/2sv/v1/**', (route) => answered(walk, route).catch(() => {}))
  const arrive = async () => {
    await page.goto(`${url}/?lang=${lang}`)
    await walk.settle()
    await walk.look()
  }
  await arrive().catch((error) => brokeOff(walk, error))
  for (walk.step = 1; walk.step <= steps; walk.step++) {
    // A press can meet a page that is just going away: that is the walker's own trouble, and it goes on from the start.
    await walk.take().catch((error) => brokeOff(walk, error).then(arrive).catch(() => {}))
  }
  await context.close()
}

async function brokeOff(walk, error) {
  broken.push(`--seed ${walk.seed} at step ${walk.step}: ${String(error.message).split('\n')[0]}`)
}

const shared = await browser()
const databases = new Databases(folder)
const started = Date.now()
let next = 0
await Promise.all(Array.from({ length: jobs }, async () => {
  while (next < walks) await walkOnce(shared, databases, firstSeed + next++)
}))
databases.close()
await shared.close()

const isKnown = ({ name, screen, detail }) => known.some((one) => one.name === name && (!one.screens || one.screens.includes(screen))
  && (!one.details || one.details.includes(detail)))
const list = [...found.values()].sort((one, other) => one.name.localeCompare(other.name))
const pressed = [...covered.values()].reduce((sum, labels) => sum + labels.size, 0)
console.log(`${walks} walks of ${steps} steps from seed ${firstSeed} on, ${Math.round((Date.now() - started) / 1000)} s`)
console.log(`covered: ${covered.size} screens, ${pressed} buttons and links on them`)
for (const [screen, labels] of [...covered].sort()) {
  console.log(`  ${screen}: ${[...labels].map(([label, times]) => `${label} ×${times}`).join(', ')}`)
}
for (const violation of list) {
  const { name, screen, times, seed, step, detail, log } = violation
  console.log(`${isKnown(violation) ? '- known' : '✗ new'} ${name} @ ${screen}: ${times} ×, first by --seed ${seed} --walks 1 at step ${step}${detail ? `: ${detail}` : ''}`)
  if (!isKnown(violation)) for (const line of log) console.log(`      ${line}`)
}
const fresh = list.filter((violation) => !isKnown(violation))
console.log(`${missed} presses met another screen than they were meant for: it came in that very moment`)
console.log(`${fresh.length} new violations, ${list.length - fresh.length} known ones`)
// More would be no trouble of the walker's own any more.
const mayBreak = Math.ceil(walks * steps / 200)
console.log(`${broken.length} steps broke off, ${mayBreak} may`)
for (const line of broken) console.log(`  ${line}`)
process.exitCode = fresh.length > 0 || broken.length > mayBreak ? 1 : 0
