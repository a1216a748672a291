// What helps when a code does not arrive: loaded once somebody asks for it.

/** Countries that there is a pack of facts for (COUNTRY.LOCALE.json), with their time zones, and the languages of the packs. */
const ZONES = { JP: 'Asia/Tokyo' }
const LOCALES = ['en', 'ja']

/** Room above a heading, which no sheet of a login has. */
function spaced(heading) {
  heading.style.margin = '1.25em 0 .5em'
  return heading
}

/**
 * Writes into a place what helps: headings, and advice behind its name. Without a country it is where the browser's clock is
 * set to be.
 */
export async function advise({ loadJson, make }, place, locale, country, channel) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const where = country || Object.keys(ZONES).find((iso) => ZONES[iso] === timeZone)
  const [general, pack] = await Promise.all([
    loadJson(`help/${locale}.json`),
    where in ZONES ? loadJson(`help/${where}.${LOCALES.includes(locale) ? locale : 'en'}.json`).catch(() => null) : null,
  ])
  const carriers = pack ? [[general.carriers], ...pack[channel], ['', general.verified.replace('{date}', pack.verified_on)], [general.others]] : []
  const row = ([name, advice]) => {
    if (!name) return make('p', { textContent: advice, className: 'nidan-help' })
    if (!advice) return spaced(make('h3', { textContent: name }))
    const row = make('details')
    row.append(make('summary', { textContent: name }), make('p', { textContent: advice }))
    return row
  }
  const questions = make('details')
  questions.dataset.guide = 'questions'
  questions.append(make('summary', { textContent: general.questions }))
  // Where the person has gone on meanwhile it is no longer on the page.
  place()?.replaceChildren(...[...carriers, ...general[channel]].map(row), questions)
}
