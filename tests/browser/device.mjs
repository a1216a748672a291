// A device with passkeys, which Chromium emulates (Chrome DevTools Protocol, domain WebAuthn).

/** A device that the person has at hand. */
export async function device({ page, context }, options = {}) {
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...options },
  })
  const send = (method, more) => cdp.send(`WebAuthn.${method}`, { authenticatorId, ...more })
  return {
    send,
    keys: async () => (await send('getCredentials')).credentials,
    gone: () => send('removeVirtualAuthenticator'),
  }
}
