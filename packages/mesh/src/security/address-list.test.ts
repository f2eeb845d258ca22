import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressPatternSchema, createAddressList } from './address-list.js';

const list = createAddressList(
  ['10.8.0.0/16:7004', '*.decoder.speech.svc:*', 'one.example:7004', '[fd00::]/8:7004', '127.0.0.1:*'],
  ['encoder-0:7002'],
);

test('addresses of the configuration and those that a pattern allows are allowed', () => {
  for (const address of [
    'encoder-0:7002',
    '10.8.255.1:7004',
    'decoder-1.decoder.speech.svc:7004',
    'Decoder-1.Decoder.Speech.SVC:1',
    'one.example:7004',
    '[fd12::1]:7004',
    '127.0.0.1:65000',
  ]) {
    assert.equal(list.allows(address), true, address);
  }
});

test('others are not, however they are written', () => {
  for (const address of [
    'encoder-0:7003',
    '10.9.0.1:7004',
    '10.8.0.1:7005',
    'decoder.speech.svc:7004',
    'decoder.speech.svc.evil.example:7004',
    'xdecoder.speech.svc:7004',
    'a.one.example:7004',
    '[fe80::1]:7004',
    '169.254.169.254:80',
    '2130706433:80',
    '127.1:80',
    '0x7f000001:80',
    'localhost:80',
    'unix:/run/docker.sock',
    'unix:encoder-0:7002',
    'dns:///encoder-0:7002',
    'ipv4:127.0.0.1:80,10.9.0.1:80',
    'http://one.example:7004',
    'user@one.example:7004',
    'one.example:7004/path',
    'one.example',
    ' one.example:7004',
    'one.example:7004 ',
    'one.example:70040000',
    ':7004',
    '',
  ]) {
    assert.equal(list.allows(address), false, address);
  }
});

test('an IPv4 address in IPv6 notation is the same address', () => {
  assert.equal(list.allows('[::ffff:10.8.0.1]:7004'), true);
  assert.equal(list.allows('[::ffff:10.9.0.1]:7004'), false);
});

test('what is no pattern is refused', () => {
  for (const text of [
    '*:7004',
    '*',
    'host',
    '10.8.0.0/33:1',
    '10.8.0.0/x:1',
    'host:port',
    '*.*.a:1',
    'dns:///a:1',
    '',
  ]) {
    assert.equal(addressPatternSchema.safeParse(text).success, false, text);
    assert.throws(() => createAddressList([text]), /is no pattern/);
  }
});
