#pragma once

// This header declares nothing: the constructors in CStart.c run when the program is loaded.
