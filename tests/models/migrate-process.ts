/** Migrates the database named by its argument and tells its parent which migrations it ran. */
import { openDatabase } from '../../server/db/connect.ts';
import { migrate } from '../../server/db/migrations/index.ts';

const db = await openDatabase(process.argv[2] ?? '');
const ran = await migrate(db);
await db.destroy();
process.send?.(ran, () => process.disconnect());
