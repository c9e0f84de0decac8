import type { GatewayParts } from '../parts.ts'
import type { HttpBase } from './base.ts'

/** What a node's routes share. */
export interface Http extends HttpBase {
  parts: GatewayParts
}
