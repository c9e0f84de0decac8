import { EntranceApi } from '@netra/client'

import type { Api, ServerConfig } from '../../live/api.ts'

interface ProviderLinksProps {
  api: Api
  providers: ServerConfig['auth']['providers']
  /** A path of this app. */
  returnTo: string
  /** Lets somebody make an account where registration is by invitation. */
  invitation?: string | null
}

/** Ways to sign in at somebody else's; nothing where there are none. */
export function ProviderLinks({ api, providers, returnTo, invitation }: ProviderLinksProps) {
  if (providers.length === 0) return null
  const entrance = new EntranceApi(api.requests)
  return (
    <div className="space-y-2.5">
      {providers.map((provider) => (
        <a
          key={provider.id}
          href={entrance.providerAddress({ provider: provider.id, returnTo, invitation })}
          className="touch flex min-h-10 w-full items-center justify-center rounded-md border border-line bg-raised px-4 py-2 text-center font-medium transition-colors wrap-anywhere hover:bg-hover"
        >
          Continue with {provider.name}
        </a>
      ))}
      <p className="flex items-center gap-3 py-1.5 text-sm text-muted" aria-hidden="true">
        <span className="h-px flex-1 bg-line" />
        or
        <span className="h-px flex-1 bg-line" />
      </p>
    </div>
  )
}
