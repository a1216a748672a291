// What the samples ask of the shop's back end. A host's own calls take its place.

/** The answer as JSON; throws the shop's code when it refuses. */
export async function api(path, body) {
  const answer = await fetch(`/api/${path}`, {
    method: body ? 'POST' : 'GET', headers: body && { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
  })
  const json = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(json.code ?? `${answer.status}`)
  return json
}

/** The result goes to the back end, which redeems it: nothing in the page decides who is signed in. */
export async function redeem(purpose, resultCode) {
  const path = purpose === 'verify' ? 'sign-in/complete' : 'two-step/complete'
  await fetch(`/api/${path}?lang=en`, { method: 'POST', body: new URLSearchParams({ result_code: resultCode }), redirect: 'manual' })
}
