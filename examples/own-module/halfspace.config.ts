import { defineConfig } from 'halfspace';
import ownModule from './module.js';

export default defineConfig({ modules: [ownModule] });
