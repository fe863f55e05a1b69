// Copies files to a stage and back with Snowflake's driver for Node.js.
//
// Usage: node.js STATUS.json
const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const snowflake = require('snowflake-sdk');

const status = JSON.parse(fs.readFileSync(process.argv[2], 'utf-8'));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'node-'));

async function main() {
  snowflake.configure({ logLevel: 'ERROR', logFilePath: 'STDOUT' });
  const connection = snowflake.createConnection({
    account: status.account,
    username: status.user,
    password: status.password,
    accessUrl: status.url,
  });
  await new Promise((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
  const rows = (sqlText) => new Promise((resolve, reject) => {
    const complete = (error, _, found) => (error ? reject(error) : resolve(found));
    connection.execute({ sqlText, complete });
  });
  await rows('CREATE DATABASE d');
  await rows('CREATE STAGE s');
  await overwriting(rows);
  await packed(rows);
  await new Promise((resolve) => connection.destroy(resolve));
}

// PUT replaces a file only with OVERWRITE=TRUE, whatever the file's content.
async function overwriting(rows) {
  const write = (name, text) => fs.writeFileSync(path.join(folder, name), text);
  const put = async (files, options) => {
    const sql = `PUT file://${folder}/${files} @s/over AUTO_COMPRESS=FALSE ${options ?? ''}`;
    return (await rows(sql)).map((row) => row.status).sort();
  };
  const staged = async () => {
    const back = fs.mkdtempSync(path.join(folder, 'back-'));
    await rows(`GET @s/over file://${back}/`);
    const names = fs.readdirSync(back).sort();
    return names.map((name) => fs.readFileSync(path.join(back, name), 'utf-8'));
  };
  write('a.txt', 'one');
  assert.deepEqual(await put('a.txt'), ['UPLOADED']);
  write('a.txt', 'other');
  assert.deepEqual(await put('a.txt'), ['SKIPPED']);
  assert.deepEqual(await staged(), ['one']);
  assert.deepEqual(await put('a.txt', 'OVERWRITE=TRUE'), ['UPLOADED']);
  assert.deepEqual(await staged(), ['other']);
  write('a.txt', 'third');
  write('b.txt', 'new');
  assert.deepEqual(await put('*.txt'), ['SKIPPED', 'UPLOADED']);
  assert.deepEqual(await staged(), ['other', 'new']);
}

// The driver compresses a file unless it is told not to.
async function packed(rows) {
  fs.writeFileSync(path.join(folder, 'c'), 'text');
  const [first] = await rows(`PUT file://${folder}/c @s/packed`);
  assert.deepEqual([first.target, first.status], ['c.gz', 'UPLOADED']);
  const [again] = await rows(`PUT file://${folder}/c @s/packed`);
  assert.deepEqual([again.target, again.status], ['c.gz', 'SKIPPED']);
  const listed = await rows('LIST @s/packed');
  assert.deepEqual(listed.map((row) => row.name), ['s/packed/c.gz']);
}

main()
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(() => fs.rmSync(folder, { recursive: true, force: true }));
