#!/usr/bin/env node
// npm links commands at installation, before anything is built; this file is there from the start.
import '../dist/main.js';
