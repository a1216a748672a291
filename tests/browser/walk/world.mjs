// What is true, whatever the screen says: the person and what she wrote down, the demo phone, the service's own database.

import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const KEEPER = `
import json, sqlite3, sys
databases = {}
for line in sys.stdin:
    file, sql, values = json.loads(line)
    try:
        if file not in databases:
            databases[file] = sqlite3.connect(file, timeout=10, isolation_level=None)
        print(json.dumps(databases[file].execute(sql, values).fetchall(), default=lambda b: b.hex()), flush=True)
    except Exception as error:
        print(json.dumps({'error': str(error)}), flush=True)
`

/** Both databases, asked and changed under the hands of those who use them. */
export class Databases {
  #process = spawn('python3', ['-uc', KEEPER], { stdio: ['pipe', 'pipe', 'inherit'] })
  #waiting = []
  #folder

  constructor(folder) {
    this.#folder = folder
    this.apiKey = readFileSync(join(folder, 'api-key'), 'utf8').trim()
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#waiting.shift()(JSON.parse(line)))
  }

  async #ask(file, sql, values) {
    this.#process.stdin.write(`${JSON.stringify([join(this.#folder, file), sql, values])}\n`)
    const rows = await new Promise((answered) => this.#waiting.push(answered))
    if (rows.error) throw new Error(`${sql}: ${rows.error}`)
    return rows
  }

  service(sql, ...values) {
    return this.#ask('nidan.db', sql, values)
  }

  shop(sql, ...values) {
    return this.#ask('shop.db', sql, values)
  }

  close() {
    this.#process.stdin.end()
  }
}

/** RFC 6238: SHA-1, six digits, 30 seconds. Independent of the widget's. */
export function totp(key, atSeconds) {
  const symbols = key.toUpperCase().replace(/[^A-Z2-7]/g, '')
  const bits = [...symbols].map((symbol) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(symbol).toString(2).padStart(5, '0')).join('')
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(atSeconds / 30)))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac[19] & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

let people = 0

/** One person: an address, a password, and what she wrote down on her way. */
export class Person {
  /** The app's keys, the newest last: of a set-up that was begun anew the older ones are dead. */
  keys = []
  codes = []
  /** Numbers in E.164, as they were meant. */
  numbers = []
  hasAccount = false
  constructor(seed) {
    // Some are of the shop's staff, who must have it, and some of those help others.
    const [name, site] = seed % 6 === 5 ? ['admin', 'staff.example'] : seed % 3 === 1 ? ['walker', 'staff.example'] : ['walker', 'example.com']
    this.email = `${name}-${process.pid}-${Date.now()}-${seed}-${people++}@${site}`
    this.password = 'correct horse battery'
  }
}

export class World {
  constructor(person, databases, url, serviceUrl) {
    Object.assign(this, { person, databases, url, serviceUrl })
    /** What the network does to requests of the widget, and for how many steps still. */
    this.network = { mode: 'good', steps: 0 }
    /** The last order of a message: whether its answer reached the page. */
    this.order = undefined
    /** What the page was answered since the last look. */
    this.answers = []
    this.copiedCodes = false
    this.thief = undefined
    this.laptop = undefined
  }

  async subject() {
    const [row] = await this.databases.shop('SELECT id FROM account WHERE email = ?', this.person.email)
    return row?.[0] ?? ''
  }

  /** How often a set-up may still be put off (`grace_skips` of the demo); nothing where nobody has asked yet. */
  async skipsLeft() {
    const [row] = await this.databases.service('SELECT 3 - skips_used FROM subject WHERE subject = ?', await this.subject())
    return row?.[0]
  }

  /** The last message to this person: what a phone has of it. */
  async lastMessage() {
    const [row] = await this.databases.service(`SELECT m.id, c.channel, c.hint, c.reference, c.call_digits, c.codes, f.state, c.expires_at, c.attempts, f.id
      FROM message m JOIN challenge c ON c.id = m.challenge_id JOIN flow f ON f.id = c.flow_id
      WHERE f.subject = ? ORDER BY m.rowid DESC LIMIT 1`, await this.subject())
    if (!row) return undefined
    const [id, channel, hint, reference, keys, codes, flowState, expiresAt, attempts, flow] = row
    return { id, channel, hint, reference, keys, codes, flowState, expiresAt, attempts, flow }
  }

  /** The codes that a message brings to whoever does what it says; `keys` are pressed in a call. */
  async codesOf(message, keys = message.keys) {
    const found = await this.#arrived(message)
    if (!found) return []
    let words = found.text
    if (found.waits_for_digits) words = (await this.press(message, keys)) ?? ''
    if (message.channel === 'sms') return [...new Set(words.match(/(?<!\d)\d{6}(?!\d)/g) ?? [])]
    const digits = (words.match(/\d/g) ?? []).join('')
    return message.codes > 1 ? [digits.slice(0, 6), digits.slice(6, 12)] : [digits.slice(0, 6)]
  }

  async #phone() {
    const { messages } = await (await fetch(`${this.url}/api/phone/messages`)).json().catch(() => ({ messages: [] }))
    return messages ?? []
  }

  /** The message on the demo phone, once it is there; nothing when it does not come. */
  async #arrived({ id }) {
    for (let look = 0; look < 40; look++) {
      const found = (await this.#phone()).find((one) => one.id === id)
      if (found) return found
      await new Promise((done) => setTimeout(done, 100))
    }
    return undefined
  }

  /** The words of a message, as the demo phone shows them. */
  async textOf(message) {
    if (this.read?.id !== message.id) this.read = await this.#arrived(message)
    return this.read?.text
  }

  /** What the call says to these keys; `null` when it hangs up. */
  async press(message, keys) {
    const answer = await fetch(`${this.url}/api/phone/messages/${message.id}/digits`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ digits: keys }),
    })
    return (await answer.json().catch(() => ({}))).says
  }

  /** What the service has of this person. */
  async truth() {
    const subject = await this.subject()
    const ask = (sql) => this.databases.service(sql, subject)
    const methods = await ask('SELECT m.kind, p.hint, p.number_index FROM method m LEFT JOIN phone p ON p.method_id = m.id WHERE m.subject = ?')
    const [[backups]] = await ask('SELECT COUNT(*) FROM backup_code WHERE subject = ? AND used_at IS NULL')
    const [[logins]] = await ask(`SELECT COUNT(*) FROM event WHERE subject = ? AND kind IN ('verified', 'backup_code_used', 'trusted_browser_used', 'temporary_code_used', 'set_up_skipped')
      AND at > strftime('%s', 'now') - 86400`)
    const [[trusted]] = await ask('SELECT COUNT(*) FROM trusted_browser WHERE subject = ?')
    const [[wrong]] = await ask(`SELECT COUNT(*) FROM event WHERE subject = ? AND kind = 'code_wrong' AND at > strftime('%s', 'now') - 3600`)
    const [[sent]] = await ask(`SELECT COUNT(*) FROM message m JOIN challenge c ON c.id = m.challenge_id JOIN flow f ON f.id = c.flow_id WHERE f.subject = ?`)
    return { methods, backups, logins, trusted, wrong, sent, thiefIsIn: await this.thiefIsIn() }
  }

  /** The password in another browser: its session, and the token of the login that waits. */
  async #password(agent) {
    const { email, password } = this.person
    const answer = await this.#post('/api/sign-in', JSON.stringify({ email, password }), { 'User-Agent': agent })
    const { flow_token: token } = await answer.json().catch(() => ({}))
    return { owes: answer.headers.get('set-cookie')?.split(';')[0], token }
  }

  #post(path, body, more = {}) {
    return fetch(this.url + path, { method: 'POST', headers: { Origin: this.url, 'Content-Type': 'application/json', ...more }, body, redirect: 'manual' })
  }

  /** What a widget asks of the service. */
  async #ask(path, token, body) {
    const answer = await fetch(this.serviceUrl + path, {
      method: body ? 'POST' : 'GET', headers: { Origin: this.url, 'Nidan-Flow': token, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    })
    return answer.json().catch(() => ({}))
  }

  /** Signs in by a backup code in another browser, which is trusted from then on: its cookies. */
  async #signInElsewhere(agent) {
    const code = this.person.codes.shift()
    if (!code) return undefined
    const { owes, token } = await this.#password(agent)
    if (!token) return undefined
    const { result_code: result } = await this.#ask('/v1/flow/verification', token, { method_id: 'backup_code', code: code.replace(/[^0-9A-Za-z]/g, '').toUpperCase(), trust_browser: true })
    if (!result) return undefined
    const signedIn = await this.#post('/api/sign-in/complete?lang=en', `result_code=${result}`, { Cookie: owes, 'Content-Type': 'application/x-www-form-urlencoded' })
    return signedIn.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ')
  }

  /** A caller has the password; the person reads a code to him. He signs in and has his browser trusted. */
  async letThiefIn() {
    this.thief = await this.#signInElsewhere('Mozilla/5.0 (Windows) Chrome/156')
  }

  /** The person signs in on her other device, and trusts its browser. */
  async openLaptop() {
    this.laptop = await this.#signInElsewhere('Mozilla/5.0 (Macintosh) Version/26 Safari')
  }

  /** The code that her other browser shows of the login that waits; nothing where it is not trusted any more, or sees none. */
  async codeOfLaptop() {
    if (!this.laptop) return undefined
    const { flow_token: token } = await (await this.#post('/api/approve', '{}', { Cookie: this.laptop })).json().catch(() => ({}))
    if (!token) return undefined
    const { logins = [] } = await this.#ask('/v1/flow/approvals', token)
    const [waits] = logins.filter(({ state }) => state !== 'answered')
    return waits && (await this.#ask(`/v1/flow/approvals/${waits.id}/show`, token, {})).code
  }

  /** Somebody has the password and asks her browsers for a code; where she is asked for one here, her own login does. */
  async askElsewhere() {
    const { token } = await this.#password('Mozilla/5.0 (X11; Linux) Firefox/140')
    return token && (await this.#ask('/v1/flow/approvals', token, {})).id
  }

  /** What the shop's support does for the person. */
  async support(action, more = {}) {
    const answer = await fetch(`${this.serviceUrl}/v1/subjects/${await this.subject()}/${action}`, {
      method: 'POST', headers: { Authorization: `Bearer ${this.databases.apiKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ by: 'Anna', reason: 'lost everything', ...more }),
    })
    if (!answer.ok) throw new Error(`support's ${action} was answered ${answer.status}`)
    // Its notice says a second, and ends sessions that began in it.
    await new Promise((done) => setTimeout(done, 1_100))
    return answer.json()
  }

  async thiefIsIn() {
    if (!this.thief) return false
    const { email } = await (await fetch(`${this.url}/api/me`, { headers: { Cookie: this.thief } })).json().catch(() => ({}))
    return Boolean(email)
  }
}
