import type { Db } from '../db/connect.ts';
import type { Deps } from '../deps.ts';
import { timestamp } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import { insertAuditEvent, type AuditEvent } from '../models/audit-events.ts';

/** Written in the transaction of the act that it records. */
export async function recordAudit(
  deps: Pick<Deps, 'clock'>,
  trx: Db,
  act: Pick<AuditEvent, 'actor_id' | 'action' | 'subject' | 'subject_id'> &
    Partial<Pick<AuditEvent, 'detail'>>,
): Promise<void> {
  await insertAuditEvent(trx, {
    detail: {},
    ...act,
    id: newId(),
    at: timestamp(deps.clock),
  });
}
