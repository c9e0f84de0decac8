import { UsersApi } from '@netra/client'
import { useMemo } from 'react'

import { useLive } from '../../live/use-live.ts'

/** The routes of the administration of users. */
export function useUsersApi(): UsersApi {
  const { api } = useLive()
  return useMemo(() => new UsersApi(api.requests), [api])
}
