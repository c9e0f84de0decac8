import { z } from 'zod'

/**
 * W3C Trace Context of the click that made a message: its trace id becomes that of the run. What
 * cannot be read as one is as if it were absent: nobody's message fails for it.
 */
export const traceparentSchema = z.string().max(256).optional().catch(undefined)
