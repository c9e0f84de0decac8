/** One OpenID Connect provider that people may sign in through. */
export interface ProviderSettings {
  /** In addresses: `/auth/callback/<id>`. */
  id: string
  /** On the button. */
  name: string
  issuer: string
  clientId: string
  /** Absent of a public client. */
  clientSecret?: string | undefined
}

const GOOGLE = { id: 'google', name: 'Google', issuer: 'https://accounts.google.com' }

/** The providers that are configured, in the order of their buttons. */
export function providersOf(config: {
  oauth: {
    googleClientId: string | undefined
    oidcIssuer: string | undefined
    oidcClientId: string | undefined
    oidcName: string
  }
  secrets: { googleClientSecret: string | undefined; oidcClientSecret: string | undefined }
}): ProviderSettings[] {
  const { oauth, secrets } = config
  const providers: ProviderSettings[] = []
  if (oauth.googleClientId !== undefined) {
    const clientSecret = secrets.googleClientSecret
    providers.push({ ...GOOGLE, clientId: oauth.googleClientId, clientSecret })
  }
  if (oauth.oidcIssuer !== undefined && oauth.oidcClientId !== undefined) {
    providers.push({
      id: 'oidc',
      name: oauth.oidcName,
      issuer: oauth.oidcIssuer,
      clientId: oauth.oidcClientId,
      clientSecret: secrets.oidcClientSecret,
    })
  }
  return providers
}
