#pragma once

// Nothing is declared here: what CStart.c does, it does when the program is loaded.
